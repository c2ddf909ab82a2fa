import { sha256 } from "../../src/base/digest.ts";
import { makeMachineKey, openMachineKey, signDocument } from "../../src/base/sshsig.ts";
import { writeBody } from "../../src/plan/body.ts";
import { buildTree } from "../../src/plan/tree.ts";

/** Good documents of the host protocol, for changes to begin from. */
const hex32 = "0123456789abcdef0123456789abcdef";
const key = makeMachineKey();
const [, base64 = ""] = key.publicKeyLine.split(" ");
const about = `tenant acme\nhost h-3f9c2a7be01d4c55a1d0\nplan ${sha256("plan")}\nindex 0\nattempt 1\n`;

export const signature = signDocument({
  namespace: "fettle-order-v1",
  key: openMachineKey(key.privateKeyPem),
  bytes: "text",
});

export const body = writeBody({
  steps: [
    {
      ...{ verb: "upgrade", name: "libssl3", arch: "amd64", from: "3.0.17-1~deb12u2" },
      ...{ to: "3.0.18-1~deb12u1", sha256: sha256("a") },
    },
    {
      ...{ verb: "upgrade", name: "nginx", arch: "amd64", from: "1.22.1-9", to: "1.22.1-10" },
      sha256: sha256("c"),
    },
    { verb: "restart", unit: "nginx.service" },
    { verb: "probe", name: "web-health" },
  ],
  transactions: [2],
  undo: [
    {
      at: 1,
      step: {
        ...{ verb: "downgrade", name: "libssl3", arch: "amd64", from: "3.0.18-1~deb12u1" },
        ...{ to: "3.0.17-1~deb12u2", sha256: sha256("b") },
      },
    },
  ],
});

export const leaf = `fettle leaf 1
index 0
wave 1
host h-3f9c2a7be01d4c55a1d0
body ${sha256(body)}
window 1795383000 1795390200
end
`;

const tree = buildTree([sha256(leaf)]);

export const statement = `fettle plan 1
tenant acme
change chg-2041
title Upgrade libssl3 to 3.0.18-1~deb12u1
requester carol
class normal
issued 1795290000
hostpolicy 7
policy ${sha256("policy")}
content ${sha256("content")}
hosts frozen 1
attempts 2
permit online
revert order 259200
bodies 1
leaves 1
root ${tree.root}
wave 1 canary 1795293600 1795380000
supersedes ${sha256("older")}
end
`;

export const ruled = statement.replace(
  "hosts frozen 1",
  "hosts rule env=prod service=web max 1500",
);

export const order = `fettle order 1
kind dispatch
${about}epoch 12
counter 1795380100000
issued 1795380100
until 1795380400
ttl 0
nonce -
log 481223 ${sha256("root")}
end
`;

export const ask = `fettle ask 1
kind apply
${about}epoch 12
nonce ${hex32}
state staged
boot ${hex32}
token ${sha256("token")}
policy ${sha256("policy")}
head 481223 ${sha256("root")}
end
`;

export const result = `fettle result 1
${about}kind apply
state rolled-back
code E_PLAN_DRIFT
way ssh
boot ${hex32}
started 1795380101
ended 1795380160
packages ${sha256("packages")}
journal ${sha256("journal")}
output ${sha256("output")} 17
policy ${sha256("policy")}
approvals alice/ssh,erin/desk
head 481223 ${sha256("root")}
counter 5
end
`;

export const identity = `fettle identity 1
tenant acme
host h-3f9c2a7be01d4c55a1d0
ring prod
label env=prod
label service=web
end
`;

export const hostPolicy = `fettle policy 1
tenant acme
version 7
roots 1
root r1 ecdsa-sha2-nistp256 ${base64}
dispatcher d1 ecdsa-sha2-nistp256 ${base64}
approver alice sre,security ssh ecdsa-sha2-nistp256 ${base64}
depot https://depot.site.example keyring debian
ring prod normal need 2 outside 1 group security:1 validity 604800 permit online revert order:259200 sod signed log seen verbs upgrade,downgrade,restart,probe
ring lab normal need 1 outside 0 validity 604800 permit lease:900 revert self sod plain log off verbs upgrade,restart gate 1
end
`;

const sections: readonly (readonly [name: string, text: string])[] = [
  ["order", order],
  ["ordersig", signature],
  ["plan", statement],
  ["approve alice ssh", signature],
  ["leaf", leaf],
  ["body", body],
];

export const bundle = `${sections.map(([name, text]) => `@${name}\n${text}`).join("")}@end\n`;
