"""The documents' pictures, drawn by code so that they can be drawn again: `make pictures`."""
