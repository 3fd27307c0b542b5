"""Working hours in the shape of the API."""

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = {
    "timezone": "Europe/Berlin",
    "weekly": {"monday": [["13:00", "24:00"], ["09:00", "12:00"]], "friday": [["22:00", "02:00"]]},
    "overrides": {"2026-12-24": [], "2026-03-01": [["10:00", "11:00"]]},
}
