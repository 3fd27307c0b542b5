"""Pages for the links in mails about accounts. They work without scripts."""
