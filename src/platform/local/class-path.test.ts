import { expect, test } from 'vitest';
import { proxyOptions } from './class-path.ts';

test('without a proxy in the environment Maven gets no option', () => {
  expect(proxyOptions({})).toEqual([]);
  expect(proxyOptions({ no_proxy: 'localhost' })).toEqual([]);
});

test('each scheme has its own proxy, in small or capital letters', () => {
  expect(proxyOptions({ https_proxy: 'http://proxy.example:3128', HTTP_PROXY: 'http://other.example' })).toEqual([
    '-Dhttp.proxyHost=other.example',
    '-Dhttp.proxyPort=80',
    '-Dhttps.proxyHost=proxy.example',
    '-Dhttps.proxyPort=3128',
  ]);
});

test('hosts that need none are handed on in the form that Java knows', () => {
  expect(proxyOptions({ https_proxy: 'http://proxy.example:3128', no_proxy: 'localhost,.example.org' })).toContain(
    '-Dhttp.nonProxyHosts=localhost|*.example.org',
  );
});

test('the password of a proxy never reaches a command line', () => {
  expect(proxyOptions({ https_proxy: 'http://user:secret@proxy.example:3128' }).join(' ')).not.toContain('secret');
});

test('what is no address is passed over', () => {
  expect(proxyOptions({ https_proxy: 'proxy.example' })).toEqual([]);
});
