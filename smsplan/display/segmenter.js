// Text to parts, by the rules and tables of smsplan/encoding: what smsplan.segment gives.
// smsplan/display/playground.py writes the tables behind it. Positions count code points.
const smsplan = ((TABLES) => {
  "use strict";

  const MAX_PARTS = 255; // TS 23.040 9.2.3.24.1: one octet for the total
  const WIDE = new Set(TABLES.extension);
  const ALPHABET = new Set([...TABLES.alphabet, ...WIDE]);
  const NAMES = new Map(TABLES.names);
  const NOTHING = { replacement: null, kind: null, level: null };
  const GREEK_CAPITAL = "greek capital look-alike";
  const CLUSTERS = new Intl.Segmenter("en", { granularity: "grapheme" });
  const LOOK_ALIKES = new Map();
  for (const [kind, level, replacements] of TABLES.lookAlikes) {
    for (const [replacement, characters] of Object.entries(replacements)) {
      for (const character of characters) LOOK_ALIKES.set(character, { replacement, kind, level });
    }
  }

  // Where a lone surrogate stands: no SMS, nor UTF-8, can carry it. -1 without one.
  function loneSurrogate(text) {
    const at = text.search(/\p{Cs}/u);
    return at < 0 ? -1 : [...text.slice(0, at)].length;
  }

  // Encoding, units (septets, or UTF-16 code units) and parts; more than 255 are counted too.
  // `ends` are the string offsets behind the parts.
  function measure(text, referenceBits = 8) {
    let gsm = true;
    let septets = 0;
    for (const character of text) {
      if (!ALPHABET.has(character)) {
        gsm = false;
        break;
      }
      septets += WIDE.has(character) ? 2 : 1;
    }
    const encoding = gsm ? "GSM" : "UNICODE";
    const units = gsm ? septets : text.length;
    const [alone, several] = TABLES.room[encoding][referenceBits];
    const room = units <= alone ? alone : several;
    const ends = [];
    const filled = [];
    let offset = 0;
    let used = 0;
    // An escape pair or a surrogate pair goes to the next part as a whole.
    for (const character of units <= alone ? [] : text) {
      const size = gsm ? (WIDE.has(character) ? 2 : 1) : character.length;
      if (used + size > room) {
        ends.push(offset);
        filled.push(used);
        used = 0;
      }
      used += size;
      offset += character.length;
    }
    ends.push(text.length);
    filled.push(units <= alone ? units : used);
    return { encoding, units, numberOfParts: ends.length, room, ends, filled };
  }

  // `error` is null, "lone_surrogate" (nothing is counted) or "too_many_parts" (no parts are made).
  function segment(text, referenceBits = 8) {
    const position = loneSurrogate(text);
    if (position >= 0) return { error: "lone_surrogate", position };
    const { encoding, units, numberOfParts, room, ends, filled } = measure(text, referenceBits);
    const culprits = [];
    const extension = [];
    let index = 0;
    for (const character of text) {
      if (!ALPHABET.has(character)) culprits.push({ character, position: index });
      else if (WIDE.has(character)) extension.push({ character, position: index });
      index += 1;
    }
    const made = { error: null, encoding, units, numberOfParts, room, culprits, extension };
    if (numberOfParts > MAX_PARTS) return { ...made, error: "too_many_parts", parts: [] };
    made.parts = ends.map((end, at) => ({
      text: text.slice(at ? ends[at - 1] : 0, end),
      units: filled[at],
    }));
    made.freeUnits = room - filled[filled.length - 1];
    return made;
  }

  // Every different culprit, in order of appearance: what it is, how often, and what would help.
  function explain(text) {
    const found = new Map();
    for (const character of text) {
      if (ALPHABET.has(character)) continue;
      const known = found.get(character);
      if (known) known.count += 1;
      else found.set(character, { character, count: 1, name: describe(character),
        codePoint: codePoint(character), ...(LOOK_ALIKES.get(character) || NOTHING) });
    }
    for (const character of greekCapitals(text)) found.get(character).level = "lossy";
    return [...found.values()];
  }

  // The Greek capitals that stand, once or more, in a word with letters outside the alphabet.
  function greekCapitals(text) {
    const letters = [...text];
    const capitals = [];
    if (!letters.some((each) => kindOf(each) === GREEK_CAPITAL)) return capitals;
    let at = 0;
    for (const { segment: cluster } of CLUSTERS.segment(text)) {
      const characters = [...cluster];
      const composed = cluster.normalize("NFC");
      const whole = [...composed].map(safely).join("");
      if (composed !== cluster || whole.normalize("NFC") !== whole) {
        become(letters, at, characters.length, settle(whole));
      } else {
        characters.forEach((character, place) => {
          if (kindOf(character) === GREEK_CAPITAL) {
            capitals.push(at + place);
            letters[at + place] = "A";
          } else become(letters, at + place, 1, safely(character));
        });
      }
      at += characters.length;
    }
    const originals = [...text];
    return capitals.filter((place) => !inLatinWord(letters, place)).map((at) => originals[at]);
  }

  // What becomes a quote parts words, what is dropped joins them; `A` is of the alphabet.
  function become(letters, at, count, replacement) {
    if (![...replacement].every((character) => ALPHABET.has(character))) return;
    const within = replacement === "" || /^[\p{L}\p{M}]+$/u.test(replacement);
    letters.fill(within ? "A" : " ", at, at + count);
  }

  function inLatinWord(letters, place) {
    for (const step of [-1, 1]) {
      for (let at = place; /^[\p{L}\p{M}]$/u.test(letters[at] || ""); at += step) {
        if (!ALPHABET.has(letters[at])) return false;
      }
    }
    return true;
  }

  function kindOf(character) {
    return (LOOK_ALIKES.get(character) || NOTHING).kind;
  }

  function safely(character) {
    const found = LOOK_ALIKES.get(character);
    return found && found.level === "safe" ? found.replacement : character;
  }

  // The parts were every such character, and nothing else, replaced.
  function partsIfReplaced(text, { character, replacement }, referenceBits = 8) {
    return measure(text.split(character).join(replacement), referenceBits).numberOfParts;
  }

  // Every safe look-alike replaced, composed (NFC) before and after.
  function settle(text) {
    for (;;) {
      const characters = [...text.normalize("NFC")];
      const made = characters.map((character, at) => {
        const found = LOOK_ALIKES.get(character);
        if (!found || found.level !== "safe") return character;
        // Without it, a mark behind it would stand on another letter.
        const holds = found.replacement === "" && /^\p{M}/u.test(characters[at + 1] || "");
        return holds ? character : found.replacement;
      }).join("");
      if (made === text) return made;
      text = made;
    }
  }

  // The text by safe replacements in the GSM alphabet; null where that is not possible, not needed
  // or would take more parts.
  function substitute(text, referenceBits = 8) {
    const before = measure(text, referenceBits);
    if (before.encoding === "GSM") return null;
    const made = settle(text);
    const after = measure(made, referenceBits);
    const worse = after.encoding !== "GSM" || after.numberOfParts > before.numberOfParts;
    return worse ? null : made;
  }

  // What would be left with every culprit replaced, safely or not, or else removed.
  function without(text) {
    let made = "";
    for (const character of text) {
      const found = LOOK_ALIKES.get(character);
      if (ALPHABET.has(character)) made += character;
      else if (found) made += found.replacement;
    }
    return made;
  }

  const PLACEHOLDER = /\$\{([A-Za-z0-9_.\-]+)\}/;

  // Literal, key, literal, key, ..., literal.
  function pieces(body) {
    return body.split(PLACEHOLDER);
  }

  // Pieces with the values in place; a key without one stays as it is. A value is never expanded.
  function expand(body, values) {
    return pieces(body).map((text, at) => {
      if (at % 2 === 0) return { text, key: null };
      return { text: values.has(text) ? values.get(text) : "${" + text + "}", key: text };
    });
  }

  // price x parts x recipients, exact; prices are texts such as "0.034".
  function total(price, parts, recipients) {
    const [whole, fraction = ""] = price.split(".");
    const product = BigInt(whole + fraction) * BigInt(parts) * BigInt(recipients);
    const digits = product.toString().padStart(fraction.length + 1, "0");
    const point = digits.length - fraction.length;
    return fraction ? digits.slice(0, point) + "." + digits.slice(point) : digits;
  }

  function codePoint(character) {
    return "U+" + character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  }

  const SCRIPTS = (
    "Arabic Armenian Bengali Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Han " +
    "Hangul Hebrew Hiragana Kannada Katakana Khmer Lao Latin Malayalam Mongolian Myanmar Oriya " +
    "Sinhala Tamil Telugu Thai Tibetan"
  ).split(" ").map((name) => [name, new RegExp(`\\p{Script=${name}}`, "u")]);
  const CLASSES = [
    [/\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}/u, "emoji"],
    [/\p{Variation_Selector}/u, "variation selector"],
    [/\p{M}/u, "combining mark"],
    [/\p{N}/u, "number"],
    [/\p{Zs}/u, "space"],
    [/\p{C}|\p{Z}/u, "invisible character"],
    [/\p{P}/u, "punctuation"],
    [/\p{L}/u, "letter"],
  ];

  // The name of a character that is pasted unseen; of others the script, or the class.
  function describe(character) {
    const known = NAMES.get(character);
    if (known) return known;
    const script = SCRIPTS.find(([, pattern]) => pattern.test(character));
    const found = CLASSES.find(([pattern]) => pattern.test(character));
    const name = script
      ? `${script[0]} ${/\p{L}/u.test(character) ? "letter" : "character"}`
      : found ? found[1] : "symbol";
    NAMES.set(character, name);
    return name;
  }

  return {
    TABLES, codePoint, expand, explain, measure, partsIfReplaced, segment, settle, substitute, total,
    without,
  };
})
