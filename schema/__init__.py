"""The nouns of ziping: what a document, a record, a finding and a store row are."""
