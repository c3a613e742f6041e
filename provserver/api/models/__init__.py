"""The shapes that go in and out. They validate, they answer, and the OpenAPI document is made from them."""
