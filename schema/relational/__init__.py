"""The store in relations: tables that follow from the records, views, their words, migrations."""
