import type { LabHost } from "../lab/host.ts";
import { writeOnHost } from "../test/e2e/fleet.ts";

/**
 * What the contenders of `ssh-rollout.ts` have to do on every host: bring one small package to its new
 * version and no more, or do it as a change is done with care. The library's new version comes into
 * use only when the service that has it in memory is restarted, and the service says which it uses.
 */
export interface Work {
  /** Installed at 1.0 before anything is measured. */
  readonly packages: readonly string[];
  /** Probes of root's own that a plan asks after its packages and restarts, with their text. */
  readonly probes: Readonly<Record<string, string>>;
  /**
   * The tasks as people write them. Debian's Mitogen cannot send the name of the service manager that
   * Ansible's facts give it, so there it is told.
   */
  readonly playbook: (serviceManager: string | null) => string;
  /** For a shell on the host, once the old package is back. */
  readonly putBack: string;
  /** What the host's service must answer in the end; null where none is asked. */
  readonly answer: string | null;
}

export const PACKAGE = "liblab1";
const SERVICE = "lab-library-user";
const PORT = 8103;
const NEW_ANSWER = `${SERVICE} 2.0`;

export const onePackage: Work = {
  packages: [PACKAGE],
  probes: {},
  playbook: () => `- hosts: all
  tasks:
    - ansible.builtin.apt:
        name: ${PACKAGE}
        state: latest
        update_cache: true
`,
  putBack: "true",
  answer: null,
};

/**
 * Five steps: check, stage, apply, restart, probe. Fettle takes them from the plan, where they stand
 * for every change: the restart because the service has a file of the package in memory, the probe
 * because the policy names it.
 */
export const fiveSteps: Work = {
  packages: [PACKAGE, SERVICE],
  probes: {
    "library-user": `http http://127.0.0.1:${PORT}/ 200 ${NEW_ANSWER}\ntimeout 5\ntries 5\n`,
  },
  playbook: (serviceManager) => `- hosts: all
  tasks:
    - name: check
      ansible.builtin.apt:
        name: ${PACKAGE}
        state: latest
        update_cache: true
      check_mode: true
      register: would
      failed_when: would is failed or would is not changed
    - name: stage
      ansible.builtin.command: apt-get -q -y --download-only install ${PACKAGE}
    - name: apply
      ansible.builtin.apt:
        name: ${PACKAGE}
        state: latest
    - name: restart
      ansible.builtin.service:
        name: ${SERVICE}
        state: restarted
        use: ${serviceManager ?? "auto"}
    - name: probe
      ansible.builtin.uri:
        url: http://127.0.0.1:${PORT}/
        return_content: true
      register: page
      until: "'${NEW_ANSWER}' in page.content"
      retries: 5
      delay: 1
`,
  putBack: `/etc/init.d/${SERVICE} restart`,
  answer: NEW_ANSWER,
};

/** Root's own probes, as an administrator puts them there once. */
export async function writeProbes(host: LabHost, work: Work): Promise<void> {
  for (const [name, text] of Object.entries(work.probes)) {
    await writeOnHost(host, `/etc/fettle/probes.d/${name}`, text);
  }
}

/** Asked over the network, past every contender. */
export async function answers(host: LabHost): Promise<string> {
  const answer = await fetch(`http://${host.address}:${PORT}/`, {
    signal: AbortSignal.timeout(5000),
  });
  return (await answer.text()).trim();
}
