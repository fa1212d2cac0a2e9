// Text to parts, by the rules and tables of smsplan/encoding: what smsplan.segment gives.
// smsplan/display/playground.py writes the tables behind it. Positions count code points.
const smsplan = ((TABLES) => {
  "use strict";

  const MAX_PARTS = 255; // TS 23.040 9.2.3.24.1: one octet for the total
  const WIDE = new Set(TABLES.extension);
  const ALPHABET = new Set([...TABLES.alphabet, ...WIDE]);
  const NAMES = new Map(TABLES.names);
  const BORROWED = new Set(["greek", "greek capital look-alike"]);
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
    const at = new Map();
    for (const each of standIns(text)) {
      for (let place = each.start; place < each.end; place += 1) at.set(place, each);
    }
    const found = new Map();
    let last = null;
    let offset = 0;
    for (const character of text) {
      const instead = at.get(offset) || null;
      offset += character.length;
      if (ALPHABET.has(character) || (instead && instead === last)) continue;
      last = instead;
      const { original, replacement, level, kind } = instead ||
        { original: character, replacement: null, level: null, kind: null };
      const key = JSON.stringify([original, replacement, level]);
      if (found.has(key)) found.get(key).count += 1;
      else found.set(key, { character: original, count: 1, name: describe(original),
        codePoint: codePoint(original), replacement, level, kind });
    }
    return [...found.values()];
  }

  // The text with every culprit of a kind that explain() found replaced, and nothing else.
  function replace(text, { character, replacement, level }) {
    return changed(text, standIns(text).filter((each) => each.original === character &&
      each.replacement === replacement && each.level === level));
  }

  // The parts were every such character, and nothing else, replaced.
  function partsIfReplaced(text, each, referenceBits = 8) {
    return measure(replace(text, each), referenceBits).numberOfParts;
  }

  // What follows is encoding/substitution.py, whose functions have these names.

  function changed(text, changes) {
    let made = "";
    let done = 0;
    for (const { start, end, replacement } of changes) {
      made += text.slice(done, start) + replacement;
      done = end;
    }
    return made + text.slice(done);
  }

  function isGsm(text) {
    for (const character of text) if (!ALPHABET.has(character)) return false;
    return true;
  }

  function standIns(text) {
    const found = new Map();
    for (const level of ["lossy", "safe"]) {
      for (const each of replacements(text, level)) {
        if (isGsm(each.replacement) && !isGsm(each.original)) {
          found.set(each.start, { ...each, level });
        }
      }
    }
    return [...found.values()].sort((one, other) => one.start - other.start);
  }

  // Of the last text: one key asks the same several times.
  const last = { text: null };
  function replacements(text, level) {
    if (isGsm(text)) return [];
    if (last.text !== text) Object.assign(last, { text, safe: null, lossy: null });
    if (!last[level]) {
      const made = units(text, level);
      holdWords(made);
      holdNumbers(made);
      holdDropped(made);
      last[level] = made.filter((unit) => unit.replacement !== unit.original);
    }
    return last[level];
  }

  const LATIN = /^(?=\p{L})\p{Script=Latin}/u;
  const GREEK = /\p{Script=Greek}/u;
  const SHARED_MARK = /(?=\p{M})\p{Script=Inherited}$/u;
  const UTF_8 = /[\xc2\xc3][\x80-\x9f]|\xe2[\x80-\x84][\x80-\xbf]/g;
  const BESIDE = /[\u200c\u200d\ufe0e\ufe0f]|[^\u200c\u200d\ufe0e\ufe0f]+/gu;
  const TONAL = /[\u01a0\u01a1\u01af\u01b0\u01cd-\u01dc\u1ea0-\u1ef9]/;
  const TONES = { "\xe0": "a", "\xe8": "e", "\xe9": "e", "\xec": "i", "\xf2": "o", "\xf9": "u",
    "\xc9": "E" };

  function toneless(text) {
    return text.replace(/[\xe0\xe8\xe9\xec\xf2\xf9\xc9]/g, (each) => TONES[each]);
  }

  function units(text, level) {
    const windows = [...text.replace(UTF_8, "")].some((each) =>
      (LOOK_ALIKES.get(each) || {}).kind === "windows-1252");
    const tones = level === "lossy" && TONAL.test(text.normalize("NFC"));
    const made = [];
    let start = 0;
    for (const [original, whole] of pieces(text)) {
      let replacement = original;
      let kind = "accent";
      if (!whole) {
        const meant = original === "\x85" && windows ? "\u2026" : original;
        if (!isGsm(original)) [replacement, kind] = settled(meant, level);
        if (meant !== original) kind = "windows-1252";
        if (tones) replacement = toneless(replacement);
      }
      made.push({ start, end: start + original.length, original, replacement, kind });
      start += original.length;
    }
    return made;
  }

  // Clusters, without what is in them and no part of the character. UTF-8 that was read wrongly is
  // whole, and so is an octet that was no control, with marks.
  function* pieces(text) {
    const apart = new RegExp(`${UTF_8.source}|[\\x80-\\x9f]\\p{M}+`, "gu");
    const utf8 = new RegExp(`^(${UTF_8.source})$`);
    let done = 0;
    for (const match of [...text.matchAll(apart), { 0: "", index: text.length }]) {
      const whole = utf8.test(match[0]);
      const clusters = [...CLUSTERS.segment(text.slice(done, match.index))];
      for (const each of [...clusters.map(({ segment: cluster }) => cluster), whole ? "" : match[0]]) {
        for (const [part] of each.matchAll(BESIDE)) yield [part, false];
      }
      if (whole) yield [match[0], true];
      done = match.index + match[0].length;
    }
  }

  function settled(piece, level) {
    let kind = "";
    let text = piece;
    for (;;) {
      let made = text.normalize("NFC");
      const characters = [...made];
      if (level === "lossy" && characters.length > 1 && LATIN.test(made) && SHARED_MARK.test(made)) {
        kind = kind || "accent";
        made = characters.slice(0, -1).join("");
      } else {
        const found = characters.map((each) => lookedUp(each, level));
        kind = kind || found.map(([, each]) => each).find((each) => each) || "";
        made = found.map(([each]) => each).join("");
      }
      if (made === text) return [made, kind || "composed"];
      text = made;
    }
  }

  function lookedUp(character, level) {
    const found = LOOK_ALIKES.get(character);
    if (found) {
      return found.level === "safe" || level === "lossy"
        ? [found.replacement, found.kind] : [character, ""];
    }
    const short = level === "lossy" && !ALPHABET.has(character) ? bare(character) : character;
    return [short, short === character ? "" : "accent"];
  }

  // look_alikes.bare
  function bare(letter) {
    const marked = [...letter.normalize("NFD")];
    for (let end = LATIN.test(letter) ? marked.length - 1 : 0; end > 0; end -= 1) {
      const short = marked.slice(0, end).join("").normalize("NFC");
      if (ALPHABET.has(short)) return short;
      if (LOOK_ALIKES.has(short)) return LOOK_ALIKES.get(short).replacement;
    }
    return letter;
  }

  function hold(unit) {
    unit.replacement = unit.original.normalize("NFC");
    unit.kind = "composed";
  }

  function holdWords(made) {
    if (!made.some(({ kind }) => BORROWED.has(kind))) return;
    const of = []; // the unit of each place in the text as it becomes
    made.forEach((unit) => { for (const _ of unit.replacement) of.push(unit); });
    const becomes = made.map(({ replacement }) => replacement).join("");
    let at = 0;
    let done = 0;
    for (const match of becomes.matchAll(/[\p{L}\p{M}]+/gu)) {
      at += [...becomes.slice(done, match.index)].length;
      const word = [...match[0]];
      const its = of.slice(at, at + word.length);
      at += word.length;
      done = match.index + match[0].length;
      const borrowed = new Set(its.filter(({ kind }) => BORROWED.has(kind)));
      if (!isGsm(match[0]) || (GREEK.test(match[0]) && /\p{Ll}/u.test(match[0]))) {
        borrowed.forEach(hold);
        continue;
      }
      const others = word.filter((_, place) => !borrowed.has(its[place]));
      const micro = word.length === 1 || !others.every((each) => GREEK.test(each));
      for (const unit of borrowed) {
        if (unit.original === "\u03bc" && micro) unit.replacement = "u";
      }
    }
  }

  function holdNumbers(made) {
    let last = "";
    for (const unit of made) {
      if (unit.kind === "number form" && /\p{Nd}/u.test(last)) {
        if (unit.replacement.includes("/")) unit.replacement = ` ${unit.replacement}`;
        else hold(unit);
      }
      last = [...unit.replacement].pop() || last;
    }
  }

  function holdDropped(made) {
    const dropped = made.map(({ replacement }) => replacement === "");
    for (let at = 0; at < made.length; at += 1) {
      if (!dropped[at]) continue;
      let end = at;
      while (dropped[end]) end += 1;
      const some = made.slice(at, end);
      const left = at ? [...made[at - 1].replacement].pop() : "";
      const right = end < made.length ? [...made[end].replacement][0] : "";
      const glued = /[\p{L}\p{N}]/u.test(left) && /[\p{L}\p{N}]/u.test(right) &&
        some.some(({ original }) => /\p{Cc}/u.test(original));
      if (glued || !isGsm(left + right)) some.forEach(hold);
      at = end;
    }
  }

  // Every safe look-alike replaced, composed (NFC) before and after.
  function settle(text) {
    return changed(text, replacements(text, "safe"));
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
    return [...changed(text, replacements(text, "lossy"))].filter((each) => ALPHABET.has(each)).join("");
  }

  const PLACEHOLDER = /\$\{([A-Za-z0-9_.\-]+)\}/;

  // Literal, key, literal, key, ..., literal.
  function placeholders(body) {
    return body.split(PLACEHOLDER);
  }

  // Pieces with the values in place; a key without one stays as it is. A value is never expanded.
  function expand(body, values) {
    return placeholders(body).map((text, at) => {
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
    return [...character].map((each) =>
      "U+" + each.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")).join(" ");
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
    const parts = [...character];
    if (parts.length > 1) return parts.map(describe).join(" + ");
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
    TABLES, codePoint, expand, explain, measure, partsIfReplaced, replace, segment, settle, substitute,
    total, without,
  };
})
