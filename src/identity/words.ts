import type { Words } from "../base/word.ts";
import type { KeyClass } from "./model.ts";

export const keyClassWords: Words<KeyClass> = {
  ssh: ["good", "file on a computer"],
  sk: ["good", "hardware key"],
  desk: ["good", "passkey, checked at a desk"],
  page: ["good", "passkey"],
};
