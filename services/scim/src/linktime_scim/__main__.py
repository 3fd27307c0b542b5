"""`python -m linktime_scim serve|work|all|migrate|schema|check`."""

from linktime_common.entry import main
from linktime_scim.settings import ScimSettings

if __name__ == "__main__":
    main("scim", ScimSettings)
