import { expect, test } from "vitest";
import { reachProblem } from "./reach-problem.ts";

const url = "https://fettle.example:7700";

test.each([
  ["ENOTFOUND", "The name in https://fettle.example:7700 is not known here"],
  ["UND_ERR_CONNECT_TIMEOUT", "Nobody answered at https://fettle.example:7700 in time"],
  ["ECONNRESET", "closed the connection before it answered"],
  ["UND_ERR_SOCKET", "it may be starting again"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "is not to be trusted (DEPTH_ZERO_SELF_SIGNED_CERT)"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "find out who answers there"],
  ["CERT_HAS_EXPIRED", "so nothing was sent"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "Is it http:// instead of https://?"],
  ["ECONNREFUSED", "No Fettle server answers at https://fettle.example:7700 (ECONNREFUSED)"],
])("%s is told as: %s", (code, words) => {
  const cause = new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code }) });
  expect(reachProblem(url, cause)).toContain(words);
});

test("of several addresses of a name the first tells why", () => {
  const refused = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
  const cause = new TypeError("fetch failed", { cause: new AggregateError([refused]) });
  expect(reachProblem(url, cause)).toContain("ECONNREFUSED");
});
