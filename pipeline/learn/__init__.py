"""What people teach: vocabulary rows from headings nobody knows, layouts."""
