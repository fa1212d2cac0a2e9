"""The script of a character: UAX #24, as the properties of ``regex`` know it."""

from __future__ import annotations

from functools import cache

import regex

# The names of Unicode's Scripts.txt, those of many texts first. ``Common`` is what many scripts
# share: punctuation, digits, symbols, emoji; ``Inherited`` are marks that take that of their base.
SCRIPTS = tuple(
    """
    Common Latin Cyrillic Arabic Han Greek Hebrew Hiragana Katakana Hangul Thai Devanagari Bengali
    Inherited Armenian Georgian Tamil Telugu Kannada Malayalam Gujarati Gurmukhi Sinhala Khmer Lao
    Myanmar Ethiopic Oriya Bopomofo Coptic Syriac Thaana Nko Samaritan Mandaic Tibetan Cherokee
    Canadian_Aboriginal Ogham Runic Tagalog Hanunoo Buhid Tagbanwa Mongolian Limbu Tai_Le
    New_Tai_Lue Buginese Tai_Tham Balinese Sundanese Batak Lepcha Ol_Chiki Braille Glagolitic
    Tifinagh Yi Lisu Vai Bamum Syloti_Nagri Phags_Pa Saurashtra Kayah_Li Rejang Javanese Cham
    Tai_Viet Meetei_Mayek Linear_B Lycian Carian Old_Italic Gothic Old_Permic Ugaritic Old_Persian
    Deseret Shavian Osmanya Osage Elbasan Caucasian_Albanian Vithkuqi Todhri Linear_A Cypriot
    Imperial_Aramaic Palmyrene Nabataean Hatran Phoenician Lydian Sidetic Meroitic_Hieroglyphs
    Meroitic_Cursive Kharoshthi Old_South_Arabian Old_North_Arabian Manichaean Avestan
    Inscriptional_Parthian Inscriptional_Pahlavi Psalter_Pahlavi Old_Turkic Old_Hungarian
    Hanifi_Rohingya Garay Yezidi Old_Sogdian Sogdian Old_Uyghur Chorasmian Elymaic Brahmi Kaithi
    Sora_Sompeng Chakma Mahajani Sharada Khojki Multani Khudawadi Grantha Tulu_Tigalari Newa
    Tirhuta Siddham Modi Takri Ahom Dogra Warang_Citi Dives_Akuru Nandinagari Zanabazar_Square
    Soyombo Pau_Cin_Hau Sunuwar Bhaiksuki Marchen Masaram_Gondi Gunjala_Gondi Tolong_Siki Makasar
    Kawi Cuneiform Cypro_Minoan Egyptian_Hieroglyphs Anatolian_Hieroglyphs Gurung_Khema Mro Tangsa
    Bassa_Vah Pahawh_Hmong Kirat_Rai Medefaidrin Beria_Erfe Miao Tangut Nushu Khitan_Small_Script
    Duployan SignWriting Nyiakeng_Puachue_Hmong Toto Wancho Nag_Mundari Ol_Onal Tai_Yo
    Mende_Kikakui Adlam
    """.split()  # noqa: SIM905 - one a line would be a screen of it
)


@cache
def _pattern() -> regex.Pattern[str]:
    known = []
    for name in SCRIPTS:
        try:
            regex.compile(rf"\p{{Script={name}}}")
        except regex.error:
            # A script that is newer than the properties at hand has no characters in them.
            continue
        known.append(rf"(?P<{name}>\p{{Script={name}}})")
    return regex.compile("|".join(known))


def script(character: str) -> str:
    """Return the name of a character's script; ``Unknown`` where nothing is assigned.

    >>> script("ж"), script("😀"), script("漢"), script("\\u0301"), script("\\U000e0080")
    ('Cyrillic', 'Common', 'Han', 'Inherited', 'Unknown')
    """
    found = _pattern().fullmatch(character)
    return (
        "Unknown" if found is None or found.lastgroup is None else found.lastgroup.replace("_", " ")
    )


_PLAIN = {
    "Common": "emoji, symbols, punctuation",
    "Inherited": "combining marks",
    "Unknown": "not assigned",
}


def plain_name(name: str) -> str:
    """Return what people call the characters of a script: Unicode has names for what is of none.

    >>> plain_name("Common"), plain_name("Inherited"), plain_name("Cyrillic")
    ('emoji, symbols, punctuation', 'combining marks', 'Cyrillic')
    """
    return _PLAIN.get(name, name)
