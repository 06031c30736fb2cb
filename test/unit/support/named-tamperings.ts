import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { forge, readJson, reseal, signWith, unsign, writeJson } from './bundle.ts';
import { APPROVED, REJECTED, say } from './full-run.ts';
import { ENVELOPES, type Tampering } from './tampering.ts';

export interface NamedTampering extends Tampering {
  /** What is accused, or how that begins. */
  readonly place: string;
}

/** Each by hand, with what must be accused. */
export function namedTamperings(): readonly NamedTampering[] {
  const edit = (directory: string, name: string, from: string | RegExp, to: string): void => {
    const path = join(directory, name);
    const text = readFileSync(path, 'utf8');
    if (text.replace(from, to) === text) throw new Error(`${name}: nothing to change`);
    writeFileSync(path, text.replace(from, to));
  };
  return [
    {
      name: 'a row of the history is changed',
      place: 'history.csv',
      apply: (directory) => edit(directory, 'history.csv', 'ok', 'OK'),
    },
    { name: 'a file is deleted', place: 'junit.xml', apply: (directory) => rmSync(join(directory, 'junit.xml')) },
    {
      name: 'a file is added',
      place: 'notes.txt',
      apply: (directory) => writeFileSync(join(directory, 'notes.txt'), 'all well'),
    },
    {
      name: 'the direction of a name is turned: it is written out',
      place: 'x\\u{202e}nosj.troper',
      apply: (directory) => writeFileSync(join(directory, 'x\u202enosj.troper'), ''),
    },
    {
      name: 'the criteria are changed after the fact, and sealed again',
      place: 'plan.json',
      apply: (directory) => {
        edit(directory, 'plan.json', /"target_us": \d+/, '"target_us": 9');
        reseal(directory);
      },
    },
    {
      name: 'something is declared after the fact, and sealed again',
      place: 'plan.json',
      apply: (directory) => {
        edit(directory, 'plan.json', '"drivers":', `"declared": { "sha256": "${'a'.repeat(64)}" }, "drivers":`);
        reseal(directory);
      },
    },
    {
      name: 'the intent declares no criteria any more',
      place: 'intent.json',
      apply: (directory) => {
        edit(directory, 'intent.json', / {2}"criteriaSha256": "[^"]*",\n/, '');
        reseal(directory);
      },
    },
    {
      name: 'the intent is from another time: the journal begins with another',
      place: 'journal.ndjson line 1',
      apply: (directory) => {
        edit(directory, 'intent.json', /"wall": "\d/, '"wall": "3');
        reseal(directory);
      },
    },
    {
      name: 'the verdict of the report is changed, and sealed again',
      place: 'report.json',
      apply: (directory) => {
        edit(directory, 'report.json', /"verdict": "\w+",\n {2}"reasons"/, '"verdict": "unknown",\n  "reasons"');
        reseal(directory);
      },
    },
    {
      name: 'what was measured is changed, and sealed again',
      place: 'manifest.dsse.json',
      apply: (directory) => {
        edit(directory, 'report.json', /"lower": \d+,\n {8}"upper": \d+/, '"lower": 1,\n        "upper": 2');
        reseal(directory);
      },
    },
    {
      name: 'two lines of the journal change places',
      place: 'journal.ndjson line 3',
      apply: (directory) => {
        edit(directory, 'journal.ndjson', /^((?:.*\n){2})(.*\n)(.*\n)/, '$1$3$2');
        reseal(directory);
      },
    },
    {
      name: 'the journal loses its end',
      place: 'journal.ndjson',
      apply: (directory) => {
        const { journalHead } = readJson(join(directory, 'manifest.json'));
        edit(directory, 'journal.ndjson', /\n.*\n$/, '\n');
        reseal(directory);
        const manifest = readJson(join(directory, 'manifest.json'));
        writeJson(join(directory, 'manifest.json'), { ...manifest, journalHead });
      },
    },
    {
      name: 'the report is about other objectives than the plan',
      place: 'report.json',
      apply: (directory) => {
        edit(directory, 'report.json', /"target_us": \d+/, '"target_us": 9');
        reseal(directory);
      },
    },
    {
      name: 'a run is signed by another key',
      place: 'manifest.dsse.json',
      apply: async (directory, { stranger }) => {
        unsign(directory);
        await signWith(stranger, directory);
      },
    },
    {
      name: 'another run, whole, forged and signed by another key',
      place: 'manifest.dsse.json',
      apply: async (directory, { stranger }) => {
        rmSync(join(directory, 'manifest.tsr'));
        rmSync(join(directory, 'statements'), { recursive: true });
        forge(directory, { run: '20260202T000000Z-f0f0f0' });
        await signWith(stranger, directory);
      },
    },
    {
      name: 'the envelopes of another run, signed with the right key',
      place: 'manifest.dsse.json',
      apply: (directory, { other }) => {
        for (const name of ENVELOPES) cpSync(join(other, name), join(directory, name));
      },
    },
    {
      name: 'the signature is taken away',
      place: 'manifest.dsse.json',
      apply: (directory) => unsign(directory),
    },
    {
      name: 'one of the envelopes is taken away',
      place: 'objectives.dsse.json',
      apply: (directory) => rmSync(join(directory, 'objectives.dsse.json')),
    },
    {
      name: 'a manifest that leads out of the directory',
      place: 'manifest.json',
      apply: (directory) => edit(directory, 'manifest.json', '"history.csv"', '"../history.csv"'),
    },
    {
      name: 'a manifest with a key twice',
      place: 'manifest.json',
      apply: (directory) => edit(directory, 'manifest.json', '  "run":', '  "run": "x",\n  "run":'),
    },
    {
      name: 'a manifest in another order',
      place: 'manifest.json',
      apply: (directory) => {
        const path = join(directory, 'manifest.json');
        writeJson(path, Object.fromEntries(Object.entries(readJson(path)).reverse()));
      },
    },
    {
      name: 'a sign-off is taken away: the next one is not the first',
      place: 'statements/0001.dsse.json',
      apply: (directory) => rmSync(join(directory, 'statements/0001.dsse.json')),
    },
    {
      name: 'the last sign-off is taken away: its role, whose key is given, has signed nothing',
      place: 'statements',
      apply: (directory) => rmSync(join(directory, 'statements/0003.dsse.json')),
    },
    {
      name: 'a sign-off of another run is put in, signed by the right person',
      place: 'statements/0001.dsse.json',
      apply: (directory, { other }) =>
        cpSync(join(other, 'statements/0001.dsse.json'), join(directory, 'statements/0001.dsse.json')),
    },
    {
      name: 'every statement of another run is put in, in their order',
      place: 'statements/0001.dsse.json',
      apply: (directory, { other }) =>
        cpSync(join(other, 'statements'), join(directory, 'statements'), { recursive: true }),
    },
    {
      name: 'a rejection becomes an approval, signed by somebody else',
      place: 'statements/0003.dsse.json',
      apply: async (directory, { stranger }) => {
        rmSync(join(directory, 'statements/0003.dsse.json'));
        await say(directory, { ...APPROVED, by: REJECTED.by }, stranger);
      },
    },
    {
      name: 'somebody adds an approval in a role that has a key',
      place: 'statements/0004.dsse.json',
      apply: async (directory, { stranger }) => {
        await say(directory, APPROVED, stranger);
      },
    },
    {
      name: 'the time stamp of another run',
      place: 'manifest.tsr',
      apply: (directory, { other }) => cpSync(join(other, 'manifest.tsr'), join(directory, 'manifest.tsr')),
    },
    {
      name: 'the time stamp is taken away',
      place: 'manifest.tsr',
      apply: (directory) => rmSync(join(directory, 'manifest.tsr')),
    },
    {
      name: 'the stamp over the intent is that over the manifest, and sealed again',
      place: 'intent.tsr',
      apply: (directory) => {
        cpSync(join(directory, 'manifest.tsr'), join(directory, 'intent.tsr'));
        reseal(directory);
      },
    },
    {
      name: 'an anchor after the first fault',
      place: 'journal.ndjson line',
      apply: (directory) => {
        for (const name of ['manifest.tsr', 'statements']) rmSync(join(directory, name), { recursive: true });
        forge(directory, {
          journal: (events) => [
            ...events.filter(({ type }) => type !== 'anchored'),
            { ...events[0], type: 'anchored', data: { kind: 'none', why: 'later' }, at_us: events.at(-1)?.at_us },
          ],
        });
      },
    },
    {
      name: 'bytes after the envelope',
      place: 'manifest.dsse.json',
      apply: (directory) => edit(directory, 'manifest.dsse.json', /$/, ' '),
    },
  ];
}
