import { type DefaultTreeAdapterMap, parse } from 'parse5';

type Node = DefaultTreeAdapterMap['node'];
type Element = DefaultTreeAdapterMap['element'];

/** What is wrong with a page for those who do not see it, use no mouse, or have it read to them; a line each. Of WCAG 2.2: 1.1.1, 1.3.1, 2.1.1, 2.4.2, 2.4.4, 2.4.6, 3.1.1, 4.1.2. */
export function pageProblems(page: string): readonly string[] {
  const elements: Element[] = [];
  const parseErrors: string[] = [];
  const collect = (node: Node): void => {
    if ('tagName' in node) elements.push(node);
    if ('childNodes' in node) node.childNodes.forEach(collect);
  };
  collect(
    parse(page, { onParseError: ({ code, startLine }) => parseErrors.push(`HTML: ${code} at line ${startLine}`) }),
  );
  const named = (...tags: readonly string[]): Element[] => elements.filter(({ tagName }) => tags.includes(tagName));
  const ids = new Map(elements.flatMap((element) => (attr(element, 'id') ? [[attr(element, 'id'), element]] : [])));
  /** The name by which a reader is told of it. */
  const nameOf = (element: Element): string => {
    const by = attr(element, 'aria-labelledby');
    if (by !== '')
      return by
        .split(' ')
        .map((id) => textOf(ids.get(id)))
        .join(' ')
        .trim();
    return attr(element, 'aria-label').trim();
  };
  const hidden = (element: Element): boolean => attr(element, 'aria-hidden') === 'true';

  return [
    ...new Set(parseErrors),
    ...named('html')
      .filter((one) => attr(one, 'lang') === '')
      .map(() => 'html: no language'),
    ...named('title')
      .filter(
        (one) =>
          one.parentNode && 'tagName' in one.parentNode && one.parentNode.tagName === 'head' && textOf(one) === '',
      )
      .map(() => 'head: an empty title'),
    ...(named('main').length === 1 ? [] : [`main: expected one, got ${named('main').length}`]),
    ...headingProblems(named('h1', 'h2', 'h3', 'h4', 'h5', 'h6')),
    ...named('svg')
      .filter((one) => !hidden(one) && (attr(one, 'role') !== 'img' || nameOf(one) === ''))
      .map((one) => `svg without role and name: ${shown(one)}`),
    ...named('svg')
      .filter((one) => hidden(one) && nextTo(one) === '')
      .map((one) => `svg that is hidden, and no text beside it: ${shown(one)}`),
    ...named('th')
      .filter((one) => !['col', 'row', 'colgroup', 'rowgroup'].includes(attr(one, 'scope')))
      .map((one) => `th without scope: ${textOf(one)}`),
    ...named('th')
      .filter((one) => textOf(one) === '' && attr(one, 'scope') === 'col')
      .map(() => 'th of a column without a name'),
    ...named('table')
      .filter((one) => !below(one).some(({ tagName }) => tagName === 'th'))
      .map(() => 'table without headers'),
    ...named('a')
      .filter((one) => textOf(one) === '' && nameOf(one) === '')
      .map(() => 'link without text'),
    ...named('a')
      .filter((one) => attr(one, 'href').startsWith('#') && !ids.has(attr(one, 'href').slice(1)))
      .map((one) => `link to nowhere: ${attr(one, 'href')}`),
    ...elements
      .filter(
        (one) =>
          attr(one, 'tabindex') !== '' &&
          (attr(one, 'tabindex') !== '0' || nameOf(one) === '' || attr(one, 'role') === ''),
      )
      .map((one) => `focus without order, role or name: ${shown(one)}`),
    ...elements.filter((one) => /overflow-x/.test(attr(one, 'style'))).map((one) => `style of its own: ${shown(one)}`),
    ...named('section')
      .filter((one) => nameOf(one) === '' && !below(one).some(({ tagName }) => /^h[1-6]$/.test(tagName)))
      .map(() => 'section without heading or name'),
    ...named('details')
      .filter((one) => !below(one).some(({ tagName }) => tagName === 'summary'))
      .map(() => 'details without summary'),
    ...named('dl')
      .filter((one) =>
        one.childNodes.some((child) => 'tagName' in child && !['dt', 'dd', 'div'].includes(child.tagName)),
      )
      .map(() => 'dl with something else'),
  ];
}

function headingProblems(headings: readonly Element[]): string[] {
  let level = 0;
  const problems = headings.flatMap((heading) => {
    const is = Number(heading.tagName[1]);
    const skipped = is > level + 1 ? [`${heading.tagName} after h${level}: ${textOf(heading)}`] : [];
    level = is;
    return textOf(heading) === '' ? [...skipped, `${heading.tagName} without text`] : skipped;
  });
  const first = headings.filter(({ tagName }) => tagName === 'h1').length;
  return first === 1 ? problems : [...problems, `h1: expected one, got ${first}`];
}

function attr(element: Element, name: string): string {
  return element.attrs.find((one) => one.name === name)?.value ?? '';
}

function textOf(node: Node | undefined): string {
  if (node === undefined) return '';
  if ('value' in node) return node.value.trim();
  return 'childNodes' in node ? node.childNodes.map(textOf).join('').trim() : '';
}

function nextTo(element: Element): string {
  return element.parentNode === null ? '' : textOf(element.parentNode as Node);
}

function below(element: Element): Element[] {
  return element.childNodes.flatMap((child) => ('tagName' in child ? [child, ...below(child)] : []));
}

function shown(element: Element): string {
  return `<${element.tagName} ${element.attrs.map(({ name, value }) => `${name}="${value.slice(0, 40)}"`).join(' ')}>`;
}
