import { type ApprovalPack, readPack } from "../src/change/approval-pack.ts";
import { type SignedView, signedView } from "../src/plan/signed-view.ts";
import { download, element, type Part, section } from "./dom.ts";
import { approve, makePasskey } from "./passkey.ts";
import { shownPlan } from "./show.ts";

/**
 * The approval desk: static files on another machine than the server's (host protocol §4.5). It reads
 * an approval pack, recomputes everything that a signature covers from the bytes, shows that alone,
 * and signs with a passkey of its own name. It asks no network: files come in and go out.
 */
const desk = document.getElementById("desk") ?? document.body;
const shown = element("div", {});
const PACK_BYTES_MAX = 256 * 1024 * 1024;

if (window.top === window.self) open();
else desk.replaceChildren(element("p", { class: "bad" }, "This desk works in no frame."));

function open(): void {
  const file = element("input", { type: "file", id: "pack", accept: ".pack,.json" });
  file.addEventListener("change", () => {
    const [chosen] = file.files ?? [];
    if (chosen !== undefined) void readFile(chosen);
  });
  desk.replaceChildren(
    element("h1", {}, "Approval desk"),
    element(
      "p",
      { class: "dim" },
      `This page comes from ${window.location.host}, asks nobody anything, and believes only bytes that it has counted itself.`,
    ),
    section("The approval pack", element("label", { for: "pack" }, "Choose C-….pack"), file),
    shown,
    registration(),
  );
}

async function readFile(file: File): Promise<void> {
  if (file.size > PACK_BYTES_MAX) return refuse(["the file is larger than any pack"]);
  const pack = readPack(await file.text());
  if (pack === null) return refuse(["the file is no approval pack"]);
  const view = signedView(pack);
  const { statement } = view;
  const faults = [...view.faults];
  if (statement !== null && `C-${statement.change.slice(2)}` !== pack.change) {
    faults.push(`the statement is of ${statement.change}, the pack of ${pack.change}`);
  }
  if (statement === null || faults.length > 0) return refuse(faults);
  shown.replaceChildren(...shownPlan(statement, view, pack.statement), signing(pack, view));
}

/** No button is made for a pack with a fault. */
function refuse(faults: readonly string[]): void {
  shown.replaceChildren(
    section(
      "Do not sign",
      element(
        "p",
        { class: "bad", role: "alert" },
        `This pack must not be signed: ${faults.slice(0, 10).join("; ")}.`,
      ),
      element("p", {}, "Tell whoever runs the server: something is wrong with it, or on the way."),
    ),
  );
}

function signing(pack: ApprovalPack, view: SignedView): HTMLElement {
  const count = element("input", { id: "count", inputmode: "numeric", autocomplete: "off" });
  const button = element("button", { type: "button", disabled: "" }, "Sign with your passkey");
  const said = element("div", { role: "status" });
  count.addEventListener("input", () => {
    button.disabled = count.value.trim() !== String(view.hosts);
  });
  button.addEventListener("click", () => {
    void tell(said, async () => {
      const approval = await approve(pack, view.digest);
      download(`${pack.change}.approval`, approval);
      return [
        element("p", { class: "good" }, `Signed. Saved as ${pack.change}.approval.`),
        element("p", {}, "Hand it in on the change's page, or: "),
        element("code", {}, `fettle change approve ${pack.change} --file ${pack.change}.approval`),
        element("textarea", { readonly: "", rows: "8", "aria-label": "The approval" }, approval),
      ];
    });
  });
  return section(
    "Your approval",
    element("label", { for: "count" }, `Type the number of hosts (${view.hosts}) to sign`),
    count,
    element("p", {}, button),
    said,
  );
}

function registration(): HTMLElement {
  const handle = element("input", { id: "handle", autocomplete: "off" });
  const button = element("button", { type: "button" }, "Make a passkey for this desk");
  const said = element("div", { role: "status" });
  button.addEventListener("click", () => {
    const name = handle.value.trim();
    if (!/^[a-z0-9][a-z0-9.-]{0,62}$/.test(name)) {
      said.replaceChildren(element("p", { class: "bad" }, "Give your handle on the server first."));
      return;
    }
    void tell(said, async () => {
      const line = await makePasskey(name);
      return [
        element("p", { class: "good" }, "Made. Register this line as your key on the server:"),
        element("textarea", { readonly: "", rows: "4", "aria-label": "The key's line" }, line),
        element("p", { class: "dim" }, "Settings, My approver keys; or: fettle key add FILE"),
      ];
    });
  });
  return section(
    "First time here?",
    element("label", { for: "handle" }, "Your handle on the server"),
    handle,
    element("p", {}, button),
    said,
  );
}

async function tell(place: HTMLElement, act: () => Promise<readonly Part[]>): Promise<void> {
  try {
    place.replaceChildren(...(await act()));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "no answer";
    place.replaceChildren(
      element("p", { class: "bad" }, `No passkey answered: ${why}. Or sign with an SSH key.`),
    );
  }
}
