import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bytecode,
  FrameTemplate,
  numberHole,
  scriptFrame,
  setRequestId,
  textHole,
  traversalFrame,
} from './gremlin-frames.ts';

const ID = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

test('a template that is filled in is what the library writes, to the byte', () => {
  const steps = (text: string, number: number, again: string) =>
    bytecode([['addV', 'L'], ['property', 'k', text], ['property', 'n', number], ['property', 'k2', again], ['none']]);
  const template = new FrameTemplate(steps(textHole(0), numberHole(1), textHole(0)), 'g', 2);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 2 ** 31 - 1 }), (text, number) => {
      expect(template.fill([text, number]).equals(traversalFrame(steps(text, number, text), 'g'))).toBe(true);
    }),
  );
});

test('a template without one of its holes is refused', () => {
  expect(() => new FrameTemplate(bytecode([['V']]), 'g', 1)).toThrow('expected 1 holes');
});

test('the id of a request goes behind the header and the version', () => {
  const frame = traversalFrame(bytecode([['V']]), 'g');
  setRequestId(frame, ID);
  const at = frame.indexOf(ID);
  expect(frame[at - 1]).toBe(0x81);
  expect(frame.subarray(1, at - 1).toString()).toBe('application/vnd.graphbinary-v1.0');
});

test('a script binds no name that the server takes for its own', () => {
  expect(() => scriptFrame('x', { keys: [] })).toThrow('reserved names for bindings: keys');
  expect(() => scriptFrame('x', { purseKeys: [], balance: 1 })).not.toThrow();
});
