// The box around smsplan.segment. Typed text reaches the page as text nodes and values only.
smsplan.mount = (box) => {
  "use strict";

  const SHOWN_CULPRITS = 12;
  const KINDS = { composed: "composed; ", "windows-1252": "decoded wrongly; " };
  const UNITS = { GSM: ["septet", "septets"], UNICODE: ["code unit", "code units"] };
  const PRICE = /^(\d+\.?|\d*\.\d+)$/;
  const PEOPLE = /^(\d+|\d{1,3}([, ]\d{3})+)$/;
  const at = {};
  for (const element of box.querySelectorAll("[data-at]")) at[element.dataset.at] = element;
  const values = new Map(); // of parameters, kept while the parameter is away
  let drawn = []; // what the parts on show were made of
  let asked = ""; // the parameters that have a field
  let announcing = 0;

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function show(target, text) {
    target.hidden = !text;
    if (target.textContent !== text) target.textContent = text;
  }

  function counted(number, [one, many]) {
    return `${number.toLocaleString("en-US")} ${Number(number) === 1 ? one : many}`;
  }

  function given() {
    return new Map([...values].filter(([, value]) => value !== ""));
  }

  function update() {
    const bits = at.wide.checked ? 16 : 8;
    const expanded = smsplan.expand(at.text.value, given());
    const text = expanded.map((piece) => piece.text).join("");
    const made = smsplan.segment(text, bits);
    drawFields(expanded);
    drawFigures(made);
    drawCulprits(made, text, bits);
    drawParts(made, expanded);
    drawPrice(made);
    window.clearTimeout(announcing);
    announcing = window.setTimeout(() => show(at.status, summary(made)), 500);
  }

  function summary(made) {
    if (made.error === "lone_surrogate") return at.error.textContent;
    const units = counted(made.units, UNITS[made.encoding]);
    const room = made.error ? "too many for one message" : `${made.freeUnits} left in the last part`;
    return `${at.encoding.textContent}, ${counted(made.numberOfParts, ["part", "parts"])}, ` +
      `${units}, ${room}.`;
  }

  function drawFields(expanded) {
    const keys = [...new Set(expanded.filter(({ key }) => key !== null).map(({ key }) => key))];
    at.examples.hidden = keys.length === 0;
    if (asked === keys.join(" ")) return;
    asked = keys.join(" ");
    at.values.replaceChildren(...keys.map((key) => {
      const label = element("label", "field", "${" + key + "}");
      const input = element("input");
      input.autocomplete = "off";
      input.spellcheck = false;
      input.dir = "auto";
      input.dataset.key = key;
      input.value = values.get(key) || "";
      input.addEventListener("input", () => {
        values.set(key, input.value);
        update();
      });
      label.append(input);
      return label;
    }));
  }

  function drawFigures(made) {
    const broken = made.error === "lone_surrogate";
    const many = made.error === "too_many_parts";
    box.dataset.encoding = broken ? "" : made.encoding;
    show(at.count, broken ? "–" : made.numberOfParts.toLocaleString("en-US"));
    show(at.noun, made.numberOfParts === 1 ? "part" : "parts");
    show(at.encoding, broken ? "" : made.encoding === "GSM" ? "GSM" : "Unicode");
    const left = made.error ? "" : ` · ${made.freeUnits} left` +
      (made.numberOfParts === 1 ? "" : ` in part ${made.numberOfParts}`);
    show(at.units, broken ? "" : counted(made.units, UNITS[made.encoding]) + left);
    at.used.style.width = made.error ? "100%" : `${100 - (100 * made.freeUnits) / made.room}%`;
    let why = "";
    if (!broken) {
      const [one, several] = roomOf(made.encoding);
      why = `${made.encoding === "GSM" ? "All in the GSM alphabet" : reason(made)}: ` +
        `${counted(one, UNITS[made.encoding])} alone, ${several} in each of several parts.`;
    }
    show(at.why, why);
    show(at.error, broken
      ? `Half a character stands at position ${made.position + 1}: it cannot be sent. Remove it.`
      : many ? "One message has at most 255 parts. Shorten the text, or send several." : "");
  }

  function roomOf(encoding) {
    return smsplan.TABLES.room[encoding][at.wide.checked ? 16 : 8];
  }

  function reason(made) {
    const number = made.culprits.length;
    return number === 1
      ? "One character is outside the GSM alphabet"
      : `${number.toLocaleString("en-US")} characters are outside the GSM alphabet`;
  }

  function drawCulprits(made, text, bits) {
    const found = made.error === "lone_surrogate" ? [] : smsplan.explain(text);
    at.causes.hidden = found.length === 0;
    if (!found.length) {
      at.culprits.replaceChildren();
      return;
    }
    const parts = made.numberOfParts;
    const least = smsplan.measure(smsplan.without(text), bits).numberOfParts;
    const all = found.length === 1 ? "this" : "all of these";
    // Nobody would take the letters out of a text that is written in another script.
    const prose = found.some(({ character, replacement }) =>
      replacement === null && /[\p{L}\p{M}]/u.test(character));
    drawAll(parts, text, bits, found.length);
    show(at.without, prose || !at.all.hidden ? "" : least < parts
      ? `With ${all} replaced, or removed where nothing fits: ${least} instead of ` +
        `${counted(parts, ["part", "parts"])}.`
      : `Replacing or removing ${all} saves no part.`);
    // Those that nothing stands in for need no line each.
    const groups = new Map();
    for (const each of found) {
      const key = each.replacement === null ? each.name : JSON.stringify(each);
      groups.set(key, [...(groups.get(key) || []), each]);
    }
    const lines = [...groups.values()].sort(([one], [other]) =>
      (one.replacement === null) - (other.replacement === null));
    const items = lines.slice(0, SHOWN_CULPRITS).map((group) => group[0].replacement === null
      ? drawGroup(group) : drawCulprit(group[0], text, bits, parts, found.length));
    if (lines.length > items.length) {
      items.push(element("li", "rest", `and ${counted(lines.length - items.length,
        ["other character", "other characters"])}`));
    }
    at.culprits.replaceChildren(...items);
  }

  function drawGroup(group) {
    const item = element("li");
    const count = group.reduce((sum, each) => sum + each.count, 0);
    const [first] = group;
    item.append(glyph(first.character));
    const many = group.length > 1;
    const what = element("span", "what", first.name);
    const times = count === 1 ? "" : ` × ${count.toLocaleString("en-US")}`;
    what.append(element("small", "", many
      ? `${group.length.toLocaleString("en-US")} different${times}` : `${first.codePoint}${times}`));
    item.append(what, element("span", "effect", "nothing in the GSM alphabet stands in for " +
      (many ? "them" : "it")));
    return item;
  }

  function drawCulprit(each, text, bits, parts, kinds) {
    const item = element("li");
    item.append(glyph(each.character));
    const what = element("span", "what", each.name);
    const times = each.count === 1 ? "" : ` × ${each.count.toLocaleString("en-US")}`;
    what.append(element("small", "", `${each.codePoint}${times}`));
    const saved = saving(parts - smsplan.partsIfReplaced(text, each, bits), parts);
    const changes = each.level === "lossy" ? "changes the spelling; " : KINDS[each.kind] || "";
    item.append(what, element("span", "effect",
      changes + (saved || (kinds > 1 ? "saves no part alone" : "saves no part"))));
    const button = element("button");
    button.type = "button";
    button.append(element("span", "words", each.replacement === "" ? "Remove" : "Replace with "));
    if (each.replacement !== "") button.append(element("kbd", "", seen(each.replacement)));
    button.setAttribute("aria-label", `${button.textContent}: ${each.name} ${each.codePoint}`);
    button.addEventListener("click", () => replaceAll((old) => smsplan.replace(old, each)));
    item.append(button);
    return item;
  }

  function drawAll(parts, text, bits, kinds) {
    const replaced = smsplan.substitute(text, bits);
    at.all.hidden = replaced === null || kinds < 2;
    if (at.all.hidden) return;
    const after = smsplan.measure(replaced, bits).numberOfParts;
    const [button, effect] = at.all.children;
    button.textContent = "Replace all";
    button.onclick = () => replaceAll(smsplan.settle);
    effect.textContent = `${saving(parts - after, parts) || "saves no part"}; reads the same`;
  }

  function saving(saved, of) {
    if (saved < 0) return `takes ${counted(-saved, ["part", "parts"])} more`;
    if (saved === 0) return "";
    const price = pricing();
    const money = price ? ` (${price.amount(saved, price.people || "1")})` : "";
    return `saves ${saved} of ${counted(of, ["part", "parts"])}${money}`;
  }

  function replaceAll(change) {
    const place = buttons().indexOf(document.activeElement);
    for (const [key, value] of values) values.set(key, change(value));
    for (const input of at.values.querySelectorAll("input")) {
      input.value = values.get(input.dataset.key) || "";
    }
    const text = change(at.text.value);
    if (text !== at.text.value) {
      // As if typed, so that the browser can undo it.
      at.text.focus({ preventScroll: true });
      at.text.select();
      document.execCommand("insertText", false, text);
      if (at.text.value !== text) at.text.value = text;
    }
    update();
    // The button is gone: go on with the next, or with the text.
    (buttons()[Math.max(place, 0)] || at.text).focus({ preventScroll: true });
  }

  function buttons() {
    return at.causes.hidden ? [] : [...at.culprits.querySelectorAll("button")];
  }

  function unseen(character) {
    return /[\p{C}\p{Z}\u3164\u115f\u1160\u2800]/u.test(character) && !" \n".includes(character);
  }

  function seen(text) {
    return text === " " ? "space" : text === "\n" ? "line break" : text;
  }

  function glyph(character) {
    const hidden = unseen(character);
    const mark = /\p{M}/u.test(character) ? "\u25cc" : "";
    return element("bdi", hidden ? "glyph code" : "glyph",
      hidden ? smsplan.codePoint(character) : mark + character);
  }

  // What is drawn alike and belongs to the same piece becomes one element.
  function runs(text, flags, from) {
    const found = [];
    let offset = from;
    for (const character of text) {
      const kind = flags(character, offset);
      const last = found[found.length - 1];
      if (last && last.kind === kind && !kind.includes("unseen")) last.text += character;
      else found.push({ kind, text: character });
      offset += character.length;
    }
    return found;
  }

  function drawParts(made, expanded) {
    const parts = made.parts || [];
    const culprits = new Set((made.culprits || []).map(({ character }) => character));
    const wide = new Set(made.encoding === "GSM" ? smsplan.TABLES.extension : "");
    const marked = new Set();
    // Where every piece ends, to tell literals from values.
    const ends = [];
    let end = 0;
    for (const piece of expanded) ends.push((end += piece.text.length));
    let piece = 0;
    const flags = (character, offset) => {
      while (piece < ends.length - 1 && offset >= ends[piece]) piece += 1;
      const classes = [];
      if (culprits.has(character)) classes.push("culprit");
      if (wide.has(character)) classes.push("wide");
      classes.forEach((name) => marked.add(name));
      if (unseen(character)) classes.push("unseen");
      if (expanded[piece].key !== null) {
        classes.push("value", `piece-${piece}`);
        marked.add("value");
      }
      return classes.join(" ");
    };
    let from = 0;
    const lists = parts.map((part) => {
      const list = runs(part.text, flags, from);
      from += part.text.length;
      return list;
    });
    at.out.hidden = parts.length === 0;
    const now = parts.map((part, index) => {
      const head = `Part ${index + 1} of ${parts.length} · ${part.units} of ${made.room}`;
      const key = JSON.stringify([head, lists[index]]);
      // A part that stays the same keeps its elements: typing at the end draws the last one only.
      return drawn[index] && drawn[index].key === key
        ? drawn[index]
        : { key, item: drawPart(index, head, lists[index]) };
    });
    now.forEach(({ item }, index) => {
      const old = at.shown.children[index];
      if (old !== item) old ? old.replaceWith(item) : at.shown.append(item);
    });
    while (at.shown.children.length > now.length) at.shown.lastChild.remove();
    drawn = now;
    drawKey(marked);
  }

  function drawPart(index, head, list) {
    const item = element("li", `part tint-${index % 4}`);
    item.append(element("span", "head", head));
    const body = element("span", "body");
    body.dir = "auto";
    for (const { kind, text } of list) {
      const run = kind ? element(kind.includes("culprit") ? "u" : "span", kind, text) : text;
      if (kind.includes("unseen")) run.dataset.code = smsplan.codePoint(text);
      body.append(run);
    }
    item.append(body);
    return item;
  }

  function drawKey(marked) {
    const words = {
      culprit: "forces Unicode", wide: "takes two septets", value: "value of a parameter",
    };
    if (at.key.dataset.marked === [...marked].sort().join(" ")) return;
    at.key.dataset.marked = [...marked].sort().join(" ");
    at.key.replaceChildren(...Object.keys(words).filter((name) => marked.has(name)).map((name) =>
      element("span", name, words[name])));
  }

  // Null without a price, or where something cannot be read; `people` may be "".
  function pricing() {
    const price = at.price.value.trim();
    const people = at.recipients.value.trim();
    if (!PRICE.test(price) || !(people === "" || PEOPLE.test(people))) return null;
    const currency = at.currency.value.trim();
    const amount = (parts, number) =>
      (currency ? `${currency} ` : "") + amountText(smsplan.total(price, parts, number));
    return { people: people.replace(/[, ]/g, ""), amount };
  }

  function drawPrice(made) {
    const unread = (field, pattern) => field.value.trim() && !pattern.test(field.value.trim());
    const wrong = { price: unread(at.price, PRICE), recipients: unread(at.recipients, PEOPLE) };
    for (const name of Object.keys(wrong)) at[name].setAttribute("aria-invalid", Boolean(wrong[name]));
    show(at.wrong, wrong.price ? "Write the price with digits and a point, such as 0.034."
      : wrong.recipients ? "Write the recipients as a whole number, such as 10,000." : "");
    const price = made.error ? null : pricing();
    const parts = made.numberOfParts;
    show(at.single, price ? `${price.amount(parts, "1")} a message` : "");
    show(at.total, price && price.people
      ? `${price.amount(parts, price.people)} for ${counted(BigInt(price.people), [
        "recipient", "recipients"])}`
      : "");
  }

  // Exact, with the zeros that say nothing left out behind the second decimal.
  function amountText(amount) {
    const [whole, fraction] = amount.split(".");
    const grouped = BigInt(whole).toLocaleString("en-US");
    if (fraction === undefined) return grouped;
    return `${grouped}.${fraction.replace(/0+$/, "").padEnd(Math.min(2, fraction.length), "0")}`;
  }

  for (const name of ["text", "price", "currency", "recipients"]) {
    at[name].addEventListener("input", update);
  }
  at.wide.addEventListener("change", update);
  update();
};

document.querySelectorAll(".smsplan-box").forEach(smsplan.mount);
