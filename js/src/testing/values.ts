/** The laws of what comes back: keys and values to the byte, and partitions each on its own. */
import { ordered_keys } from "./reading.ts";
import { type Laws, type Store, same } from "./store.ts";

/** Text that stores have been known to change: NUL, controls, BOM, combining and astral characters, spaces at the ends. */
const awkward_texts: readonly string[] = [
  "",
  " ",
  "  spaces at both ends  ",
  "\n\r\n\t",
  "\0",
  "a\0b\0",
  "\u0001\u001f\u007f\u0085\u2028\u2029",
  "\ufeffbyte order mark",
  "é e\u0301 ﬁ \u1e9b\u0323",
  "👨‍👩‍👧‍👦 🇦🇺 𝒳 \u{10ffff}",
  "\ud7ff\ue000\ufffe\uffff",
  "' \" ` \\ % _ $1 ?1 :a @a -- /* */ ; {} [] null undefined NaN",
  "0123",
  "1e400",
  "true",
  '{"json":"\\u0000"}',
];

/** 32 KiB of UTF-8, the longest value that the ledger writes. */
export const value_bytes_max: number = 32 * 1024;

export const value_laws: Laws = {
  "values come back to the byte": async (store) => {
    const documents = Object.fromEntries(awkward_texts.map((value, index) => [`v/${index}`, value]));
    await store.put(documents);
    for (const [key, value] of Object.entries(documents))
      same(await store.value(key), value, `the value of ${key}`);
    const listed = await store.list({ prefix: "v/", limit: 100 });
    for (const { key, value } of listed) same(value, documents[key], `the listed value of ${key}`);
    same(listed.length, awkward_texts.length, "the number of values");
  },

  "values of 32 KiB come back to the byte": async (store) => {
    const ascii = "x".repeat(value_bytes_max);
    const wide = "😀".repeat(value_bytes_max / 4);
    const mixed = "aé世😀\0".repeat(Math.floor(value_bytes_max / 11));
    await store.put({ ascii, wide, mixed });
    same(await store.value("ascii"), ascii, "ASCII");
    same(await store.value("wide"), wide, "four bytes a character");
    same(await store.value("mixed"), mixed, "mixed");
  },

  "keys come back to the byte": async (store) => {
    const keys = ordered_keys.concat("k/trailing ", "k/tab\t", "k/CASE", "k/case", "k/é", "k/e\u0301");
    await store.put(Object.fromEntries(keys.map((key) => [key, `value of ${key}`])));
    for (const key of keys)
      same(await store.value(key), `value of ${key}`, `the value of ${JSON.stringify(key)}`);
  },

  "a partition is on its own, also where its name begins or looks like another's": async (store) => {
    const names = ["", "/", "/a", "-", "%", "_", "'", '"', "\\", " ", "é", "A"].map(
      (tail) => store.partition + tail,
    );
    const stores = names.map((name) => store.beside(name));
    for (const [index, each] of stores.entries()) await each.put({ a: `${index}`, [`only/${index}`]: "" });
    for (const [index, each] of stores.entries()) {
      same(await each.value("a"), `${index}`, `the value in \`${names[index]}\``);
      same(await each.keys("only/"), [`only/${index}`], `the keys in \`${names[index]}\``);
    }
    await (stores[2] as Store).delete("a");
    same(await store.value("a"), "0", "after a delete in another partition");
  },
};
