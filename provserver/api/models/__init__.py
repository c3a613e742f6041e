"""Request and response models. They validate input, build responses, and define the OpenAPI document."""
