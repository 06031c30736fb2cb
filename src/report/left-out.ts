import type { Report } from '../check/report-schema.ts';
import { html, type Markup } from './markup.ts';
import { notRecorded } from './pairs.ts';

/** A part of a report that its masked rendering does not have, by its path (`dora.declared`): the owner of the run has it. False: nobody recorded it. */
export function isLeftOut({ masked }: Pick<Report, 'masked'>, place: string): boolean {
  return masked?.withheld.includes(place) === true;
}

export const LEFT_OUT: Markup = html`<p>Recorded, and left out of this masked report as a whole: its owner has it.</p>`;

/** The same within a line. */
export const LEFT_OUT_SHORT = 'left out of this masked report';

/** Stands where a report has nothing at this place: that it is left out, or that it is not recorded. */
export function absent(report: Pick<Report, 'masked'>, place: string): Markup {
  return isLeftOut(report, place) ? html`<span class="muted">${LEFT_OUT_SHORT}</span>` : notRecorded();
}
