/** Waits until a database serves, seen from where this is run: `node ready.ts COMPONENT HOST PORT`, exit 0 then. Its caller ends it. */
import type { Component } from '../platform.ts';
import { untilServing } from './serving.ts';

const [, , component, host = '', port = '0'] = process.argv;
await untilServing(component as Component, host, Number(port), new AbortController().signal);
