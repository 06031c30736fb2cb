import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { InputError, messageOf } from '../../errors.ts';
import { readGivenFile } from '../../given-file.ts';
import type { LocalConfig } from './config.ts';

const OURS = fileURLToPath(new URL('../../../clusters/local/monitoring/rules.yaml', import.meta.url));

/** As Prometheus has them; what else they say is for it to judge. A rule without `alert` records. */
const rulesSchema = z.looseObject({
  groups: z.array(z.looseObject({ rules: z.array(z.looseObject({ alert: z.string().optional() })) })),
});

/** The file of the alert rules that each Prometheus loads. */
export function rulesFile({ prometheus }: Pick<LocalConfig, 'prometheus'>): string {
  return prometheus.rules ?? OURS;
}

/** The names of the alerts in them, in their order. InputErrors name the file: it cannot be read, or is none of rules. */
export function alertsOf(config: Pick<LocalConfig, 'prometheus'>): readonly string[] {
  const file = rulesFile(config);
  try {
    const { groups } = rulesSchema.parse(parse(readGivenFile(file).toString('utf8')));
    const alerts = groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => (alert === undefined ? [] : [alert])));
    return [...new Set(alerts)];
  } catch (error) {
    throw new InputError(
      `prometheus.rules: ${file}: expected alert rules of Prometheus (groups: [{ name, rules: [{ alert, expr }] }]): ${messageOf(error)}`,
      { cause: error },
    );
  }
}
