/** The platform's own way from an event to the graph, where nobody says otherwise. A topic is `tenant/namespace/topic`. */
export const PIPELINE = {
  topic: 'public/banking/transactions-events',
  deadLetters: 'public/banking/dlq-events',
  subscription: 'graph-consumer',
} as const;
