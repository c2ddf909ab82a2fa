import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAnsibleIni, readAnsibleYaml } from "./ansible-inventory.ts";
import { checkedList, type ListDefaults, readCsv } from "./host-list.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const defaults: ListDefaults = {
  user: "root",
  identityFile: null,
  program: "piped",
  mode: "managed",
  labels: {},
  knownHosts: ["web-1", "10.0.0.7", "[10.0.0.8]:2222", "db1", "db2", "db3"]
    .map((name) => `${name} ${KEY}\n`)
    .join(""),
};

describe("a CSV list", () => {
  test("gives hosts with their own and the common values", () => {
    const { rows, problems } = readCsv(
      `name,address,port,user,labels,identity_file\nweb-1,10.0.0.7,,ops,env=prod;ring=canary,/k/a\ndb-1,10.0.0.8,2222,,,\n`,
    );
    expect(problems).toEqual([]);
    const list = checkedList(rows, { ...defaults, labels: { zone: "a" } });
    expect(list.problems).toEqual([]);
    expect(list.hosts[0]).toMatchObject({
      name: "web-1",
      labels: { zone: "a", env: "prod", ring: "canary" },
      way: { user: "ops", address: "10.0.0.7", port: 22, identityFile: "/k/a", hostKeys: [KEY] },
    });
    expect(list.hosts[1]?.way).toMatchObject({ port: 2222, user: "root", identityFile: null });
  });

  test("names the line of each problem", () => {
    const { rows } = readCsv(
      [
        "name,address,port,labels,host_key",
        `ok,10.0.0.7,22,,${KEY}`,
        `Bad Name,10.0.0.7,22,,${KEY}`,
        `noport,10.0.0.7,99999,,${KEY}`,
        `nolabel,10.0.0.7,22,=x,${KEY}`,
        "nokey,10.9.9.9,22,,",
        `option,-oProxyCommand=x,22,,${KEY}`,
        `ok,10.0.0.7,22,,${KEY}`,
      ].join("\n"),
    );
    const list = checkedList(rows, defaults);
    expect(list.hosts.map((host) => host.name)).toEqual(["ok"]);
    expect(list.problems.map((problem) => problem.line)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(list.problems[3]?.message).toContain("No host key is pinned");
  });

  test("refuses an unknown column and an uneven line", () => {
    expect(readCsv("name,adress\na,b\n").problems[0]?.message).toContain("adress");
    const uneven = readCsv("name,address\na,b\nc\n");
    expect(uneven.rows).toEqual([]);
    expect(uneven.problems[0]?.line).toBe(3);
  });

  test("survives any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { rows } = readCsv(`name,labels\n${text}`);
        checkedList(rows, defaults);
      }),
    );
  });
});

const INI = `# fleet
web-1 ansible_host=10.0.0.7 ansible_password="hunter2"

[db]
db[1:3] ansible_user=postgres

[front]
web-1

[prod:children]
db
front

[prod:vars]
ansible_user=ops
ansible_ssh_private_key_file=/keys/prod # the common one
`;

const YAML = `
all:
  vars: { ansible_user: nobody }
  children:
    prod:
      vars: { ansible_user: ops, ansible_ssh_private_key_file: /keys/prod }
      children:
        db:
          hosts:
            db[1:3]: { ansible_user: postgres }
        front:
          hosts:
            web-1: { ansible_host: 10.0.0.7, ansible_password: hunter2 }
`;

describe.each([
  ["INI", readAnsibleIni, INI],
  ["YAML", readAnsibleYaml, YAML],
])("an Ansible inventory in %s", (_name, read, text) => {
  const { rows, problems } = read(text);
  const list = checkedList(rows, defaults);

  test("gives its hosts, ranges and groups with the groups above", () => {
    expect(problems).toEqual([]);
    expect(list.problems).toEqual([]);
    expect(list.hosts.map((host) => host.name).sort()).toEqual(["db1", "db2", "db3", "web-1"]);
    const web = list.hosts.find((host) => host.name === "web-1");
    expect(web?.labels).toEqual({ "group/front": "yes", "group/prod": "yes" });
    expect(web?.way).toMatchObject({
      address: "10.0.0.7",
      user: "ops",
      identityFile: "/keys/prod",
    });
  });

  test("lets a host's own variable win over those of its groups", () => {
    const db = list.hosts.find((host) => host.name === "db2");
    expect(db?.way).toMatchObject({ user: "postgres", identityFile: "/keys/prod" });
  });

  test("never reads a password", () => {
    expect(JSON.stringify([rows, problems])).not.toContain("hunter2");
  });
});

describe("an Ansible inventory that is not well", () => {
  test("names templates, huge ranges and lines it cannot read", () => {
    const { problems } = readAnsibleIni(
      'a ansible_host="{{ ip }}"\nb[1:99999999]\n[x:vars]\nwhat is this\n',
    );
    expect(problems.map((problem) => problem.line).sort()).toEqual([1, 2, 4]);
  });

  test("is refused when it is no YAML, or a bomb of aliases", () => {
    expect(readAnsibleYaml("all: [").problems).toHaveLength(1);
    const bomb = `a: &a [x,x]\n${[..."bcdefghij"].map((k, n) => `${k}: &${k} [${Array(9).fill(`*${"abcdefghij"[n]}`).join(",")}]`).join("\n")}\n`;
    expect(readAnsibleYaml(bomb).problems[0]?.message).toContain("aliases");
  });

  test("with groups that contain each other ends", () => {
    const { rows } = readAnsibleIni("[a]\nh\n[a:children]\nb\n[b:children]\na\n");
    expect(rows[0]?.labels).toEqual({ "group/a": "yes", "group/b": "yes" });
  });

  test("is survived, whatever it says", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        checkedList(readAnsibleIni(text).rows, defaults);
        checkedList(readAnsibleYaml(text).rows, defaults);
      }),
    );
  });
});
