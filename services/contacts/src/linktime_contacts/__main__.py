"""`python -m linktime_contacts serve|work|all|migrate|schema|check`."""

from linktime_common.entry import main
from linktime_contacts.settings import ContactsSettings

if __name__ == "__main__":
    main("contacts", ContactsSettings)
