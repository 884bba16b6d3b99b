/**
 * The keys of places that are not open. The `?` overlay names them beside those that work now, so that one list has
 * all keys. A test holds it to what those places bind.
 */
import { m } from "../messages";

export type OtherKeys = {
  place: string;
  keys: readonly (readonly [keys: string, label: string])[];
};

export const otherKeys: readonly OtherKeys[] = [
  {
    place: m.keys.places.request,
    keys: [
      ["a", m.keys.allow],
      ["Enter", m.keys.confirm],
      ["d", m.keys.deny],
      ["e", m.keys.explain],
    ],
  },
  {
    place: m.keys.places.list,
    keys: [
      ["j", m.keys.next],
      ["k", m.keys.previous],
    ],
  },
  { place: m.keys.places.search, keys: [["/", m.keys.search]] },
  {
    place: m.keys.places.chat,
    keys: [
      ["Mod+Enter", m.chat.keys.send],
      ["r", m.chat.keys.write],
      ["j", m.chat.keys.next],
      ["k", m.chat.keys.previous],
      ["Enter", m.chat.keys.toggle],
      ["c", m.chat.keys.copy],
      ["G", m.chat.keys.latest],
    ],
  },
];
