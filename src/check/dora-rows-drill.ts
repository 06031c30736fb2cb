import { counted, not, partly, type Row, some } from './dora-row.ts';

/** What the run itself shows. */
export const DRILL_ROWS: readonly Row[] = [
  {
    provision: 'DORA 11(6)(a)',
    records:
      'plans are tested at least yearly, and on substantive change: trigger, plan, last test of each function and system',
    fields: ['trigger', 'plan', 'coverage[]'],
    ofTheEntity: true,
    judge: ({ declared }) =>
      some(
        [
          [declared?.trigger !== undefined, 'trigger', 'report.json#/dora/declared/trigger'],
          [declared?.plan !== undefined, 'plan and version', 'report.json#/dora/declared/plan'],
        ],
        'when every other function and system was last tested is no part of one run: `drill coverage`',
      ),
  },
  {
    provision: 'DORA 11(6); RTS 25(2)(c), 26(2)(a)',
    records:
      'scenarios of cyber-attack and of switchover to redundant capacity, backups, facilities: class of scenario',
    fields: ['scenario.doraClass'],
    ofTheEntity: true,
    judge: ({ scenario, families }) => {
      const switched = families[0]?.state === 'exercised';
      const named = `class ${scenario?.doraClass || 'not recorded'}`;
      if (!switched) return not(`${named}; no service was seen to be moved by a fault that held`);
      return partly(`${named}; ${families[0]?.by}`, ['report.json#/dora/scenario', 'report.json#/dora/families/0']);
    },
  },
  {
    provision: 'RTS 25(2)',
    records:
      'run on the alternate for a sufficient period, and be able to return: dwell, level meanwhile, failback and loss',
    fields: ['dwell', 'failback'],
    ofTheEntity: true,
    judge: ({ dwell, failback }) => {
      const moved = dwell.filter(({ sites }) => sites.length > 0);
      if (moved.length === 0) return not('no service was moved to another site');
      const back = failback.filter(({ length_us, missing }) => length_us !== null && missing?.upper === 0);
      const enough = moved.filter(({ met }) => met === true);
      const long = moved.every(({ required_us }) => required_us === null)
        ? 'how long is required is not recorded'
        : `${enough.length} for as long as required`;
      const why = `${moved.length} of ${dwell.length} services served elsewhere, ${long}; ${back.length} returned with nothing missing`;
      const whole = [moved, enough, back].every(({ length }) => length === dwell.length);
      return {
        reach: whole ? 'supports' : 'partial',
        why,
        evidence: ['report.json#/dora/dwell', 'report.json#/dora/failback'],
      };
    },
  },
  {
    provision: 'RTS 25(1), DORA 11(5)',
    records: 'business impact analysis and risk assessment are considered: references and digests',
    fields: ['biaRef', 'riskRef'],
    judge: ({ declared }) => {
      const refs = [declared?.biaRef, declared?.riskRef].flatMap((ref) => ref ?? []);
      if (refs.length === 0) return not('neither is recorded');
      const digests = refs.filter(({ sha256 }) => sha256 !== undefined).length;
      const why = `${refs.length} of 2 references, ${digests} with a digest, declared before the run; what they say was not looked at`;
      const evidence = [
        ...(declared?.biaRef ? ['report.json#/dora/declared/biaRef'] : []),
        ...(declared?.riskRef ? ['report.json#/dora/declared/riskRef'] : []),
      ];
      return { reach: digests === 2 ? 'supports' : 'partial', why, evidence };
    },
  },
  {
    provision: 'RTS 25(2)(a), (d), 26(2)',
    records: 'severe but plausible scenarios that challenge assumptions, of nine families: coverage matrix',
    fields: ['assumption', 'families[]'],
    ofTheEntity: true,
    judge: ({ declared, families }) => {
      const touched = families.filter(({ state }) => state !== 'not exercised');
      const assumption =
        declared?.assumption === undefined ? 'the assumption challenged is not recorded' : 'an assumption is named';
      if (touched.length === 0 && declared?.assumption === undefined) return not(assumption);
      const why = `${assumption}; ${touched.length} of ${families.length} families touched, ${touched.filter(({ state }) => state === 'simulated').length} of them simulated`;
      return partly(why, [
        'report.json#/dora/families',
        ...(declared?.assumption ? ['report.json#/dora/declared/assumption'] : []),
      ]);
    },
  },
  {
    provision: 'RTS 26(1)(a), (f)',
    records: 'conditions of activation and success are defined: criteria, hashed before the run',
    fields: ['criteriaSha256'],
    judge: ({ criteriaDeclared, declared }, { run }) => {
      const broken = run.defects.some((defect) => defect.includes('plan.json') || defect.includes('intent.json'));
      if (!criteriaDeclared || broken) return not('that these criteria stood before the run is not shown');
      const { activation, success } = declared?.criteria ?? {};
      const whole = activation !== undefined && success !== undefined;
      const why = whole
        ? 'objectives, settings, conditions of activation and of success were hashed before the fault'
        : `objectives and settings were hashed before the fault; not recorded: ${[...(activation ? [] : ['conditions of activation']), ...(success ? [] : ['conditions of success'])].join(', ')}`;
      const evidence = [
        'intent.json#/criteriaSha256',
        'plan.json#/objectives',
        ...(declared?.criteria ? ['plan.json#/declared/criteria'] : []),
      ];
      return { reach: whole ? 'supports' : 'partial', why, evidence };
    },
  },
  {
    provision: 'RTS 24(1), DORA 12(6)',
    records: 'RTO and RPO of each function: objective, owner, measured value with bounds, met or not',
    fields: ['objectives[]'],
    ofTheEntity: true,
    judge: ({ declared, scenario }, { objectives }) => {
      const asked = objectives.filter(({ objective }) => objective.metric === 'rto' || objective.metric === 'rpo');
      const known = asked.filter(({ measured, verdict }) => measured !== null && verdict !== 'unknown');
      if (known.length === 0) return not(`none of ${asked.length} objectives for RTO and RPO could be judged`);
      const owner = declared?.function?.owner ?? scenario?.owner ?? '';
      const missed = known.filter(({ verdict }) => verdict === 'fail').length;
      const why = `${known.length} of ${asked.length} measured with bounds, ${missed} missed; owner ${owner === '' ? 'not recorded' : 'recorded'}`;
      return {
        reach: known.length === asked.length && owner !== '' ? 'supports' : 'partial',
        why,
        evidence: ['report.json#/objectives'],
      };
    },
  },
  {
    provision: 'DORA 7(c), (d)',
    records: 'capacity at peak and under stress: offered load against the declared peak, headroom with a site less',
    fields: ['load'],
    ofTheEntity: true,
    judge: ({ load }) => {
      const known = load.filter(({ share }) => share !== null);
      if (known.length === 0) return not('no peak is recorded');
      const least = Math.min(...known.map(({ share }) => share ?? 0));
      const words = `${known.length} of ${load.length} services have a peak; the least was offered ${Number((least * 100).toFixed(1))} % of it`;
      if (known.length < load.length || least < 1) return not(`${words}: the peak was not reached`);
      const held = load.every(({ heldWithoutSite }) => heldWithoutSite === true);
      return partly(
        `${words}; ${held ? 'borne' : 'not shown to be borne'} with a site less; what more would do was not measured`,
        ['report.json#/dora/load'],
      );
    },
  },
  {
    provision: 'DORA 10(1)',
    records: 'detection is tested: time from injection to alert, of each detector',
    fields: ['detection[]'],
    ofTheEntity: true,
    judge: ({ detection }) => {
      const timed = detection.filter(({ elapsed_us }) => elapsed_us !== null);
      const own = timed.filter(({ simulated }) => !simulated);
      if (timed.length === 0) return not('no detector raised an alarm about a fault that held');
      const evidence = ['report.json#/dora/detection'];
      if (own.length === 0)
        return partly(`${counted(timed.length, 'alarm')}, all of stand-ins of ours (simulated)`, evidence);
      return {
        reach: 'supports',
        why: `${counted(own.length, 'alarm')} of the platform’s own, ${timed.length - own.length} of stand-ins`,
        evidence,
      };
    },
  },
  {
    provision: 'DORA 12(2)',
    records: 'backups and their restore are tested, and nothing is harmed by it: checks before and after',
    fields: ['restore'],
    ofTheEntity: true,
    judge: (_, { backups, rpo }) => {
      if (!backups || backups.taken.length === 0) return not('this run restores nothing from a backup');
      const taken = `${counted(backups.taken.length, 'backup')} of Cassandra taken, and each file of it read again`;
      const readBack = rpo.some(({ service, lostInAll }) => service === null && lostInAll !== null);
      const restored =
        backups.restored.length === 0
          ? []
          : [
              `${counted(backups.restored.length, 'restore')}${readBack ? ', and every acknowledged write read back after it' : ''}`,
            ];
      const tested = backups.tested.map(
        ({ backup, ledger, missing }) =>
          `${ledger - missing.upper} of ${counted(ledger, 'write')} from before the backup ${backup} read in what was restored from it`,
      );
      if (restored.length + tested.length === 0) return not(`${taken}; nothing restored`);
      return partly([taken, ...restored, ...tested, 'no other store'].join('; '), [
        'report.json#/backups',
        ...(readBack ? ['read-back.csv'] : []),
        ...(tested.length > 0 ? ['restore-test.csv'] : []),
      ]);
    },
  },
  {
    provision: 'DORA 12(3)',
    records: 'restore into a system that is segregated: source and target cluster',
    fields: ['restore.target'],
    judge: (_, { backups }) => {
      const [tested] = backups?.tested ?? [];
      if (tested)
        return partly(
          `the backup of ${tested.site} was restored into a network of its own, from which nothing leads to the platform; on the same machine`,
          ['report.json#/backups/tested', 'restore-test.csv'],
        );
      return not(
        (backups?.restored.length ?? 0) > 0
          ? 'what was restored went into the system that had lost it, and into none beside it'
          : 'this run restores nothing from a backup',
      );
    },
  },
  {
    provision: 'DORA 12(7)',
    records: 'multiple checks and reconciliation, consistent between systems: checked, missing, duplicate, diverged',
    fields: ['reconciliation[]'],
    ofTheEntity: true,
    judge: ({ reconciliation }) => {
      const done = reconciliation.filter(
        ({ checked, missing, diverged }) => checked > 0 && (missing !== null || diverged !== null),
      );
      if (done.length === 0) return not('nothing was read back to the end');
      const why = `${done.length} of ${reconciliation.length} comparisons done; events and a search index are no part of them`;
      return partly(why, ['report.json#/dora/reconciliation', 'read-back.csv']);
    },
  },
  {
    provision: 'DORA 11(8)',
    records: 'records before and during the disruption: journal with the baseline before the fault',
    fields: ['annex'],
    judge: (_, { run, timeline, views, faults }) => {
      const broken = run.defects.some(
        (defect) => defect.startsWith('journal.ndjson') || defect.startsWith('history.csv'),
      );
      const evidence = ['journal.ndjson', 'history.csv'];
      if (timeline.events.length === 0) return not('the journal tells of nothing');
      const services = views.filter(({ service }) => service !== '');
      const steady = services.length > 0 && services.every(({ steadyState }) => steadyState.verdict === 'pass');
      const during = faults.some(({ effective, observations }) => effective !== null && observations > 0);
      if (broken || !steady || !during)
        return partly(
          [
            ...(broken ? ['the record is not whole'] : []),
            ...(steady ? [] : ['no steady baseline of every service']),
            ...(during ? [] : ['nothing recorded while a fault held']),
          ].join('; '),
          evidence,
        );
      return {
        reach: 'supports',
        why: 'a chain of events with a steady baseline before the fault; every operation before and during it',
        evidence,
      };
    },
  },
];
