/** Which system's packages a machine has, and what the needed programs are called there. */

export type Need = 'java' | 'maven' | 'iproute2' | 'nftables' | 'util-linux' | 'libfaketime' | 'chromium' | 'python';

type Manager = 'apt' | 'dnf' | 'zypper' | 'pacman';

export interface Distribution {
  readonly manager: Manager;
  /** `ID` of os-release, such as `debian`. */
  readonly id: string;
  /** `VERSION_ID` as a number; 0 when it has none. */
  readonly version: number;
}

const FAMILIES: readonly (readonly [pattern: RegExp, manager: Manager])[] = [
  [/debian|ubuntu/, 'apt'],
  [/fedora|rhel|centos|amzn/, 'dnf'],
  [/suse/, 'zypper'],
  [/arch/, 'pacman'],
];

/** Reads the text of /etc/os-release; null for a system whose packages are not known here. */
export function distributionOf(osRelease: string): Distribution | null {
  const value = (key: string): string => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1] ?? '';
  const manager = FAMILIES.find(([pattern]) => pattern.test(`${value('ID')} ${value('ID_LIKE')}`))?.[1];
  return manager ? { manager, id: value('ID'), version: Number.parseFloat(value('VERSION_ID')) || 0 } : null;
}

const JAVA: Readonly<Record<Manager, string>> = {
  apt: 'openjdk-17-jdk-headless',
  dnf: 'java-17-openjdk-headless',
  zypper: 'java-17-openjdk-headless',
  pacman: 'jdk17-openjdk',
};

/** From which version on a distribution has no Java 17 of its own. */
const JAVA_17_ENDED: Readonly<Record<string, number>> = {
  debian: 13,
  fedora: 42,
  rhel: 10,
  centos: 10,
  almalinux: 10,
  rocky: 10,
};

/** A Python that Medusa runs on, with what makes environments; where the system's own is such a one, else one beside it. */
const PYTHON: Readonly<Record<Manager, string | null>> = {
  apt: 'python3-venv',
  dnf: 'python3.12',
  zypper: 'python312',
  pacman: null,
};
/** From which version on the system's own is a later one, and there is none beside it. */
const PYTHON_ENDED: Readonly<Record<string, number>> = { debian: 13, ubuntu: 24.1 };

/** The package of a program; null when the distribution has none. */
export function packageOf(need: Need, { manager, id, version }: Distribution): string | null {
  if (need === 'java') return version >= (JAVA_17_ENDED[id] ?? Number.POSITIVE_INFINITY) ? null : JAVA[manager];
  if (need === 'python') return version >= (PYTHON_ENDED[id] ?? Number.POSITIVE_INFINITY) ? null : PYTHON[manager];
  // Its package there gets a snap.
  if (need === 'chromium' && id === 'ubuntu') return null;
  if (need === 'iproute2' && manager === 'dnf') return 'iproute-tc';
  return need;
}

/** The commands, to be run by root, that install packages without asking. */
export function installCommands(manager: Manager, packages: readonly string[]): readonly (readonly string[])[] {
  if (manager === 'apt') {
    return [
      ['apt-get', 'update'],
      ['apt-get', 'install', '-y', '--no-install-recommends', ...packages],
    ];
  }
  if (manager === 'dnf') return [['dnf', 'install', '-y', ...packages]];
  if (manager === 'zypper') return [['zypper', '--non-interactive', 'install', ...packages]];
  return [['pacman', '-S', '--needed', '--noconfirm', ...packages]];
}

/** The one line that gets what is needed: a command, or where it is to be had. */
export function installLine(needs: readonly Need[], distribution: Distribution | null, root: boolean): string {
  if (!distribution) return `install ${needs.map((need) => (need === 'java' ? 'a JDK 17' : need)).join(', ')}`;
  const packages = needs.map((need) => packageOf(need, distribution)).filter((one) => one !== null);
  const command = installCommands(distribution.manager, packages).at(-1) ?? [];
  const line = packages.length > 0 ? `${root ? '' : 'sudo '}${command.join(' ')}` : '';
  const elsewhere = needs.flatMap((need) =>
    packageOf(need, distribution) === null ? elsewhereOf(need, distribution) : [],
  );
  return [line, ...elsewhere].filter(Boolean).join(' and ');
}

/** Where a program is to be had that a distribution does not have as a package. */
function elsewhereOf(need: Need, { id }: Distribution): string {
  if (need === 'python')
    return 'install Python 3.12 beside your own (pyenv install 3.12, or uv python install 3.12), and have it in PATH as python3.12';
  return need === 'java'
    ? `install Temurin 17 beside your Java, ${id} has no 17 any more (https://adoptium.net/installation/linux)`
    : `install Google Chrome, ${id} has Chromium as a snap only (https://www.google.com/chrome)`;
}
