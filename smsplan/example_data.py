"""A small list of invented people, printed by ``smsplan example``.

Made by data/make_recipients.py; every number is set aside for fiction.
"""

from __future__ import annotations

EXAMPLE_CSV = """\
customer_id,phone,first_name,city,language,market
C101,+447700900123,Olivia,London,en,GB
C102,+447700900456,James,Newcastle upon Tyne,en,GB
C103,07700 900789,Siân,Cardiff,en,GB
C104,447700900321,Małgorzata,Leeds,pl,GB
C105,+12025550123,Elizabeth,San Francisco,en,US
C106,+1 202 555 0178,Lucía,Miami,es,US
C107,+12025550145,,Chicago,en,US
C108,+491713920012,Jürgen,Berlin,de,DE
C109,+491713920047,Ayşe,Köln,tr,DE
C110,+46701740650,Åsa,Malmö,sv,SE
C111,+447700900123,Olivia,London,en,GB
C112,n/a,Lily 🌸,York,en,GB
"""
