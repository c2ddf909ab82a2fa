import { expect, test } from "vitest";
import { sha256 } from "../base/digest.ts";
import { programVersion } from "../base/program-version.ts";
import { hostProgram } from "./host-program.ts";
import { ownProgram, programOf } from "./own-program.ts";

test("the host program says the version of the package it comes in", () => {
  expect(ownProgram()).toEqual({ version: programVersion, digest: sha256(hostProgram()) });
  // Hosts look for it among the first forty lines only.
  const line = hostProgram()
    .split("\n")
    .findIndex((text) => text.startsWith("PROGRAM_VERSION="));
  expect(line).toBeGreaterThan(0);
  expect(line).toBeLessThan(40);
});

test("a program without a version is told by its digest alone", () => {
  expect(programOf("#!/bin/sh\n")).toEqual({ version: "", digest: sha256("#!/bin/sh\n") });
});
