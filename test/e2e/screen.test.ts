import { expect, test } from "vitest";
import { screenOf } from "./screen.ts";

const UP_TWO = "\u001b[2A";
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";

test("what is drawn over itself is seen once", () => {
  const bytes = `one\r\ntwo\r\n${UP_TWO}\rONE${CLEAR_LINE}\r\n\r\n`;
  expect(screenOf(bytes, 80)).toBe("ONE\ntwo\n");
});

test("what is not cleared stays, and what is cleared goes", () => {
  expect(screenOf("a longer line\rshort", 80)).toBe("shortger line");
  expect(screenOf(`a longer line\rshort${CLEAR_LINE}`, 80)).toBe("short");
  expect(screenOf(`one\r\ntwo\r\n${UP_TWO}\r${CLEAR_BELOW}three\r\n`, 80)).toBe("three\n");
});

test("colours and the cursor's own looks are not text", () => {
  expect(screenOf("\u001b[?25l\u001b[1mbold\u001b[0m\u001b[?25h", 80)).toBe("bold");
});

test("a picture that a terminal would wrap or not understand is an error", () => {
  expect(() => screenOf("12345", 4)).toThrow(/wider/);
  expect(() => screenOf("\u001b[2J", 80)).toThrow(/unknown/);
});
