import { Failure } from "../../src/base/failure.ts";
import { parseToml } from "../../src/base/toml-text.ts";
import { readApkIndex, readRpmIndex } from "../../src/intel/rpm-index.ts";
import { readKeyring } from "../../src/inventory/openpgp-keys.ts";
import {
  framingFault,
  indexFault,
  readSignedIndex,
  signatureFault,
} from "../../src/inventory/release-file.ts";
import type { SignedEntry } from "../../src/inventory/signed-entries.ts";
import { type EntryReader, readPackages, readPrimary } from "../../src/inventory/signed-entries.ts";
import {
  type ListsFound,
  listsOfRelease,
  listsOfRepomd,
} from "../../src/inventory/signed-lists.ts";
import { BrokenPromise, type FuzzTarget, target } from "./target.ts";

/** Parsers of what sources of packages say: keys, signed indexes, the lists that they name. */
const digest = "ab".repeat(32);
const NOW = Date.UTC(2026, 10, 23);

/** Of a key that nobody has: made for this file, its secret thrown away. */
const publicKey = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawTHQhYJKwYBBAHaRw8BAQdAZ0sesSAHtTu31SaeIZ53kHf2u23qnsSwyI4r
x1ISGxC0B0FyY2hpdmWIkAQTFggAOBYhBHpr9VS9LKTbEE2l/LP+rdmRMXyrBQJr
BMdCAhsDBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJELP+rdmRMXyrpPEA/1w7
Ihz0e8bvrbuex5YanONvHO60wbX6VhyDDcQnZDTZAQCHpjR9DnQXGIA9fX/J7nnM
izrchOVWgFHpF23tGZTZAg==
=QzhH
-----END PGP PUBLIC KEY BLOCK-----
`;

const release = `Origin: Debian
Suite: stable
Codename: bookworm
Date: Sat, 21 Nov 2026 10:00:00 UTC
Valid-Until: Sat, 28 Nov 2026 10:00:00 UTC
Acquire-By-Hash: yes
SHA256:
 ${digest} 1000 main/binary-amd64/Packages.gz
 ${"cd".repeat(32)} 9000 main/binary-amd64/Packages
`;
const repomd = `<?xml version="1.0"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1795255200</revision>
<data type="primary"><checksum type="sha256">${digest}</checksum>
<open-checksum type="sha256">${"cd".repeat(32)}</open-checksum>
<location href="repodata/${digest}-primary.xml.gz"/><size>1000</size><open-size>9000</open-size></data>
</repomd>
`;
const framed = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${release}-----BEGIN PGP SIGNATURE-----\n\niHUEABYKAB0W\n-----END PGP SIGNATURE-----\n`;
const status = `[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 0011223344556677 Archive\n[GNUPG:] VALIDSIG ${"A".repeat(40)} 2026-11-21 1795255200 0 4 0 22 8 00 ${"A".repeat(40)}\n`;

const packages = `Package: libssl3
Architecture: amd64
Version: 3.0.18-1~deb12u1
Description: a library
 of more than a line
SHA256: ${digest}

Package: nginx
Architecture: all
Version: 1:1.22.1-9
SHA256: ${"cd".repeat(32)}
`;
const primary = `<?xml version="1.0"?><metadata xmlns="x" packages="1">
<package type="rpm"><name>openssl-libs</name><arch>x86_64</arch>
<version epoch="1" ver="3.0.7" rel="28.el9"/><checksum type="sha256" pkgid="YES">${digest}</checksum>
</package></metadata>
`;
const apk = `C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\n\nP:busybox\nV:1.36.1-r2\nA:x86_64\n`;

/** In one piece and in pieces of a few characters, as the network brings it. */
const PIECES = [7, 64];

function entriesOf(
  open: (onEntry: (entry: SignedEntry) => void) => EntryReader,
  pieces: Iterable<string>,
): string {
  const entries: SignedEntry[] = [];
  const reader = open((entry) => entries.push(entry));
  for (const piece of pieces) reader.write(piece);
  const isWhole = reader.close() === null;
  // Of a list that cannot be read nothing is kept, so it is all the same where that was found out.
  return isWhole ? JSON.stringify(entries) : "refused";
}

function* inPieces(text: string, size: number): Generator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

function mustBeBelow(found: ListsFound): void {
  if (!("lists" in found)) return;
  for (const { path } of found.lists) {
    const base = "https://deb.example.org/debian/dists/stable/";
    if (!new URL(path, base).href.startsWith(base)) {
      throw new BrokenPromise("a list is fetched from outside of its source");
    }
  }
}

/** Only a day that exists is a date: readers differ in what they make of another. */
function mustBeThatDay(text: string, dated: number): void {
  const days = [...text.matchAll(/^date:.* (\d?\d) [A-Z][a-z]{2} \d{4} /gim)].map(([, day]) =>
    Number(day),
  );
  if (days.length === 1 && days[0] !== new Date(dated).getUTCDate()) {
    throw new BrokenPromise("an index is of another day than it says");
  }
}

export const sourceTargets: readonly FuzzTarget[] = [
  target("keyring", {
    seeds: [publicKey, Buffer.from(publicKey.split("\n").slice(2, -3).join(""), "base64")],
    words: [
      "-----BEGIN PGP PUBLIC KEY BLOCK-----",
      "Comment: a\n",
      "=abcd\n",
      "\xc6\xff",
      "\x99\x01\x0d\x04",
    ],
    run(_text, input) {
      const read = readKeyring(input);
      if (read.kind === "bad") return;
      const again = readKeyring(Buffer.from(read.bytes));
      const isSame = again.kind === "keys" && `${again.fingerprints}` === `${read.fingerprints}`;
      if (!isSame) throw new BrokenPromise("the keys that are kept are not those that were shown");
    },
  }),
  target("signed-index", {
    seeds: [release, release.replace("21 Nov", "31 Feb"), repomd, framed, status],
    words: [
      ...[
        "Date: ",
        "Valid-Until: ",
        "SHA256:\n ",
        "<revision>",
        "</revision>",
        " UTC",
        " +0000",
        "31 Feb 2026",
      ],
      ...[
        "-----BEGIN PGP SIGNATURE-----\n",
        "[GNUPG:] VALIDSIG ",
        "[GNUPG:] BADSIG ",
        "../",
        "by-hash/",
        "xml:base",
      ],
    ],
    run(text) {
      framingFault(text);
      signatureFault(text, ["A".repeat(40)]);
      for (const form of ["deb", "rpm"] as const) {
        const index = readSignedIndex(form, text, digest);
        if (index === null) continue;
        if (form === "deb") mustBeThatDay(text, index.dated);
        indexFault(index, { suite: "stable", now: NOW, last: { dated: NOW, digest } });
      }
      const of = { suite: "stable", components: ["main"], archs: ["amd64"] };
      mustBeBelow(listsOfRelease(text, of));
      mustBeBelow(listsOfRelease(text, { ...of, suite: "./" }));
      mustBeBelow(listsOfRepomd(text));
    },
  }),
  target("signed-entries", {
    seeds: [packages, primary],
    words: [
      "Package: ",
      "SHA256: ",
      "\n\n",
      "<package>",
      "</package>",
      "<![CDATA[",
      "]]>",
      "&#x0;",
      "&amp;",
      "<!--",
    ],
    run(text) {
      for (const open of [readPackages, readPrimary]) {
        const whole = entriesOf(open, [text]);
        for (const size of PIECES) {
          if (entriesOf(open, inPieces(text, size)) !== whole) {
            throw new BrokenPromise("a list reads otherwise where the network cuts it");
          }
        }
      }
    },
  }),
  target("package-lists", {
    seeds: [primary, apk],
    words: ["<package ", "</package>", "\n\n", "P:", "V:", "A:", "&lt;"],
    run: (text) => [readRpmIndex(text), readApkIndex(text)],
  }),
  target("toml", {
    seeds: [
      '[[package]]\nname = "a"\nversion = "1.0"\n[metadata]\nb = { c = [1, 2], "d.e" = \'f\' }\n',
    ],
    words: ["[[", "]]", '"""', "'''", "\\u0000", " = ", "{", "}", "__proto__ = ", "."],
    run(text) {
      try {
        parseToml(text);
      } catch (cause) {
        if ((cause as Error).constructor.name !== "TomlError") throw cause;
        throw new Failure("invalid", "no TOML", { cause });
      }
    },
  }),
];
