import type { Finding } from './doctor-checks.ts';
import type { Machine } from './doctor-machine.ts';
import { UNSHARE } from './local/launch.ts';

const NAME = 'namespaces';

/** What the platform does with the kernel, tried once, each step named before it is taken. */
const STEPS: readonly (readonly [step: string, command: string])[] = [
  ['tmpfs on /run', 'mount -t tmpfs tmpfs /run && mkdir /run/netns'],
  ['ip netns add', 'ip netns add trial'],
  ['bridge', 'ip link add bridge0 type bridge'],
  ['veth', 'ip link add veth0 type veth peer name eth0 netns trial'],
  [
    'nft table',
    `ip netns exec trial nft 'table inet trial { chain out { type filter hook output priority -200; ip daddr 192.0.2.1 counter drop; }; }'`,
  ],
];
const SCRIPT = ['set -e', ...STEPS.map(([step, command]) => `echo 'trying: ${step}'; ${command}`)].join('\n');

/** Makes the namespaces of the platform as it would, with everything it puts into them, and lets them go. */
export async function checkNamespaces(machine: Machine): Promise<Finding> {
  const { code, output } = await machine.run([...UNSHARE, '--', 'sh', '-c', SCRIPT]);
  if (code === 0) {
    return {
      name: NAME,
      state: 'ok',
      detail: `user and network namespaces, ${STEPS.map(([step]) => step).join(', ')}`,
    };
  }
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const step = lines.findLast((line) => line.startsWith('trying: '))?.slice('trying: '.length) ?? null;
  const said = lines.findLast((line) => !line.startsWith('trying: ')) ?? 'no word';
  return {
    name: NAME,
    state: 'missing',
    detail: `${step ?? 'a user namespace'} is refused (${said})`,
    help: { byRoot: true, line: helpLine(machine, step) },
  };
}

function helpLine(machine: Machine, step: string | null): string {
  const setting = (path: string): string => machine.read(`/proc/sys/${path}`)?.trim() ?? '';
  if (setting('user/max_user_namespaces') === '0') return 'sudo sysctl -w user.max_user_namespaces=10000';
  if (!machine.root && setting('kernel/unprivileged_userns_clone') === '0') {
    return 'sudo sysctl -w kernel.unprivileged_userns_clone=1';
  }
  if (!machine.root && setting('kernel/apparmor_restrict_unprivileged_userns') === '1') return APPARMOR;
  if (step === 'bridge' || step === 'veth' || step === 'nft table') return 'sudo modprobe -a bridge veth nf_tables';
  return CONTAINER;
}

/** Ubuntu from 23.10: a program may make user namespaces if a profile for its path says so. */
const APPARMOR =
  `printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile drill-unshare /usr/bin/unshare flags=(unconfined) { userns, }\\n'` +
  ' | sudo tee /etc/apparmor.d/drill-unshare && sudo apparmor_parser -r /etc/apparmor.d/drill-unshare' +
  '   (or, for every program and until the next boot: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0)';

const CONTAINER =
  'in a container, start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined' +
  ' --security-opt systempaths=unconfined, as .devcontainer/devcontainer.json does';
