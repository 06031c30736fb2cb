import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { reportSchema } from '../check/report-schema.ts';
import { planJsonSchema, reportJsonSchema } from './schema.ts';
import { passingReport } from './testing.ts';
import { exampleReports } from './testing-all.ts';

/** Strict, but for `required` beside `propertyNames`, which is how zod says a record with every key of an enumeration. */
const STRICT = { strict: true, strictRequired: false, allErrors: true };

test.each(Object.entries(exampleReports()))(
  'the example %s is a report, for zod and for the JSON Schema',
  (_, report) => {
    expect(reportSchema.safeParse(report).error).toBeUndefined();
    const validate = new Ajv2020(STRICT).compile(reportJsonSchema());
    expect(validate(JSON.parse(JSON.stringify(report))) ? null : validate.errors).toBeNull();
  },
);

test('the JSON Schema refuses what it does not know and what is missing', () => {
  const validate = new Ajv2020(STRICT).compile(reportJsonSchema());
  expect(validate({ ...passingReport(), more: 1 })).toBe(false);
  const { verdict: _, ...without } = passingReport();
  expect(validate(without)).toBe(false);
});

test('both schemas compile, are draft 2020-12, have a title and no $id', () => {
  for (const schema of [reportJsonSchema(), planJsonSchema()]) {
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: expect.any(String),
    });
    expect(schema).not.toHaveProperty('$id');
    expect(new Ajv2020(STRICT).compile(schema)).toBeTypeOf('function');
  }
});
