"""Numbers set aside for films, books and examples: nobody has them, so nobody is texted.

National numbers, without the trunk prefix. Only ranges that a regulator has published; most of them
fail libphonenumber although they look right.
"""

from __future__ import annotations

# Calling code, pattern of the whole national number, who set it aside.
FICTION: tuple[tuple[str, str, str], ...] = (
    # Toll-free codes are no part of it, but for one number.
    (
        "1",
        r"(?:[2-79]\d\d|8(?:0[1-9]|[129]\d|3[0-24-9]|4[0-35-9]|5[0-46-9]|6[0-57-9]|7[0-689]"
        r"|8[0-79]))55501\d\d|8005550199",
        "NANPA, 555 line numbers: 555-0100 to 555-0199 in every area code",
    ),
    (
        "33",
        r"(?:19900|26191|35301|46571|53649|63998)\d{4}",
        "Arcep, decision 2018-0881, numbers for audiovisual works",
    ),
    # No area, then area by area.
    (
        "44",
        r"1632960\d{3}|1(?:1[3-8]|[2-6]1)4960\d{3}|1914980\d{3}|2079460\d{3}|2896496\d{3}"
        r"|2920180\d{3}|7700900\d{3}|8081570\d{3}|9098790\d{3}|3069990\d{3}",
        "Ofcom, telephone numbers for use in TV and radio drama programmes",
    ),
    (
        "46",
        r"701740(?:60[5-9]|6[1-9]\d)|3139006\d\d|4062804\d\d|8465004\d\d|9803192\d\d",
        "PTS, numbers for use in books and films",
    ),
    # Five cities and the mobile networks.
    (
        "49",
        r"(?:3023125|6990009|4066969|2214710|8999998)\d{3}|17139200\d\d|176040690\d\d"
        r"|152(?:28817386|28895456|54599371)|172(?:9925904|9968532|997318[56]|9980752)"
        r"|174(?:9091317|9464308)",
        "Bundesnetzagentur, Mitteilung 148/2021, Official Gazette 7/2021",
    ),
    (
        "61",
        r"[2378](?:5550|7010)\d{4}|1800(?:160401|9757(?:0[7-9]|1[01]))|13009757(?:0[7-9]|1[01])"
        r"|49157(?:0(?:006|110|15[6-9]|313|737)|1(?:266|491|804)|2(?:549|665|983)|3(?:087|770)"
        r"|4(?:118|632)|5(?:254|789)|6(?:398|801)|7(?:426|644)|8(?:148|888|957)|9(?:212|455|760))",
        "ACMA, phone numbers for use in TV shows, films and creative works",
    ),
    ("353", r"2091\d{5}", "ComReg, Numbering Conditions of Use: 020 91x xxxx for drama"),
)
