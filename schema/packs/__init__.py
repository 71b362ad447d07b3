"""Rule packs: what a place's reviewers hold against a form besides its own arithmetic, as data; the few functions they use are in rules.py."""
