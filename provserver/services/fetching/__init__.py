"""Parts of the provisioning path: caches, document lookup and rendering, and the recording of contacts."""
