"""Changing an agency's workbook inside its package: a part that is not touched stays byte for byte what it was."""
