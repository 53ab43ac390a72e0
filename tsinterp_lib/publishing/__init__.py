"""Makes the book: executes chapters with papermill, compiles pages, and checks the built site."""
