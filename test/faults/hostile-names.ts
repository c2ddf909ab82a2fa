/**
 * Five hundred names that somebody could give to a host, a package or a label: line breaks, quotes,
 * options, shell and SQL, paths, terminal escapes, letters that pose as others, and ten kilobytes.
 * Each holds at least one thing that no name here may hold.
 */
const CANARY = "/tmp/fettle-canary";

const seeds: readonly string[] = [
  ...["\n", "\r\n", "\t", "\0", "\x7f", "\u2028", "\u0085"],
  ...["'", '"', "`", "\\", "$", ";", "|", "&", "<", ">", "(", ")", "{", "}", "*", "?", "#", "!"],
  ...["-rf", "--help", "-oProxyCommand=id", "--", "-", "-e"].map((option) => ` ${option} `),
  ...[`$(touch ${CANARY})`, `\`touch ${CANARY}\``, `; touch ${CANARY} #`, `| tee ${CANARY}`],
  ...[`\n@end\n@journal DONE`, "\n@result\nstate done", "\n.\nfettle-host 1 ready"],
  ...["../../etc/passwd", "/etc/shadow", "%2e%2e%2f", "~root/", "\\\\host\\share"],
  ..."'; drop table host; --|' or 1=1 --|{{7*7}}|%s%n|<script>alert(1)</script>".split("|"),
  ...["\x1b[2J", "\x1b]0;title\x07", "\x1b[1A\x1b[2K", "\x9b31m", "\b\b\b"],
  ...["\u202egnp.exe", "\ufeff", "\u200b", "pаypal", "ﬁ", "💥", "Å"],
  ...["x".repeat(10_240), "-".repeat(10_240), "\n".repeat(10_240), "💥".repeat(5_120)],
];

const frames: readonly ((seed: string) => string)[] = [
  (seed) => seed,
  (seed) => `web-1${seed}`,
  (seed) => `${seed}web-1`,
  (seed) => `web${seed}1`,
  (seed) => `${seed}${seed}`,
  (seed) => `web-1 ${seed}`,
  (seed) => `=${seed}`,
  (seed) => `.${seed}`,
];

export const canary = CANARY;

export const hostileNames: readonly string[] = [
  ...new Set(frames.flatMap((frame) => seeds.map(frame))),
].slice(0, 500);
