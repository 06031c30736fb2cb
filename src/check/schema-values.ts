import { z } from 'zod';

/** Whole microseconds from the run's origin, or a length in microseconds. */
export const us = z.int();

/** A whole number of things. */
export const count = z.int().min(0);
