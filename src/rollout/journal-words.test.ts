import { expect, test } from "vitest";
import { journalToText } from "./journal-words.ts";

test.each([
  [
    "RECEIVED plan=f43fc6 attempt=1 way=piped approvals=alice/ssh",
    "received the job; checks and fetches packages",
  ],
  ["STAGED packages=2 files=4", "waits for its permit"],
  ["SNAPSHOT boot=1 packages=2 services=3 file=4", "waits for its permit"],
  [
    "NOT_STARTED try=1 note=E_PERMIT no answer to the ask",
    "did not start: E_PERMIT no answer to the ask; asks again",
  ],
  ["APPLYING step=1 last=2 verb=packages kind=apply", "installs packages"],
  ["APPLIED step=1 last=2 seconds=4", "installed the packages"],
  ["APPLYING step=3 verb=restart name=nginx.service", "restarts nginx"],
  ["APPLIED step=3", "finished step 3"],
  ["APPLYING step=4 verb=run name=drain", "runs hook drain"],
  ["APPLYING step=5 verb=hold name=linux-image", "holds linux-image at its version"],
  ["VERIFYING step=6 probe=web-health", "runs probe web-health"],
  ["APPLIED step=6 probe=web-health", "probe web-health passed"],
  ["REBOOTING step=7 boot=1", "restarts the machine"],
  ["APPLIED step=7 verb=reboot boot=2", "is back after its restart"],
  ["VERIFYING packages=2", "looks whether everything runs as before"],
  ["APPLYING undo=2 failed=1 code=E_STEP", "puts the earlier versions back"],
  ["APPLYING revert=all kind=revert", "takes the patch back, as ordered"],
  [
    "NOTE probe=web try=1 note=failed: http://127.0.0.1 gave 500, expected 200",
    "failed: http://127.0.0.1 gave 500, expected 200",
  ],
  ["ROLLED_BACK code=E_PROBE failed=6", "is back at its earlier versions after E_PROBE"],
  ["HELD code=E_PERMIT begun=no note=held: frozen", "holds with E_PERMIT: held: frozen"],
  ["DONE packages=2", "reports that it is done"],
  ["FUTURE thing=1", "FUTURE thing=1"],
])("a host whose journal says %s: %s", (line, words) => {
  expect(journalToText(line)).toBe(words);
});
