import type {
  Orders,
  ReinitializeOrder,
  RestartOrder,
  ScheduledRestartOrder,
} from '../ha/orders.ts';
import { NO_ORDERS } from '../ha/orders.ts';

/** What can be asked of an agent. */
export type Order =
  | ({ readonly kind: 'restart' } & Omit<RestartOrder, 'id'>)
  | ({ readonly kind: 'scheduled-restart' } & Omit<ScheduledRestartOrder, 'id' | 'postmasterStart'>)
  | { readonly kind: 'cancel-restart' }
  | ({ readonly kind: 'reinitialize' } & Omit<ReinitializeOrder, 'id'>)
  | { readonly kind: 'shutdown' };

/** How an order ended, in a sentence for the one who gave it. */
export interface OrderReply {
  readonly ok: boolean;
  readonly text: string;
}

/** The orders that wait to be carried out, and who waits for their answers. */
export class OrderDesk {
  #orders: Orders = NO_ORDERS;
  #lastId = 0;
  readonly #askers = new Map<number, (reply: OrderReply) => void>();

  get waiting(): Orders {
    return this.#orders;
  }

  /**
   * Takes an order. Resolves when it was carried out or turned down; for a scheduled restart, the
   * end of one, and a shutdown as soon as it was taken. One of each kind can wait.
   * `postmasterStart`: of the PostgreSQL that runs now.
   */
  place(order: Order, postmasterStart: string | undefined): Promise<OrderReply> {
    const id = ++this.#lastId;
    switch (order.kind) {
      case 'shutdown':
        this.#orders = { ...this.#orders, shutdown: true };
        return taken('shutdown scheduled');
      case 'scheduled-restart': {
        if (this.#orders.scheduledRestart) return refused('Another restart is already scheduled');
        const { kind: _, ...rest } = order;
        this.#orders = { ...this.#orders, scheduledRestart: { id, ...rest, postmasterStart } };
        return taken('Restart scheduled');
      }
      case 'cancel-restart': {
        if (!this.#orders.scheduledRestart) return refused('no restarts are scheduled');
        this.#orders = { ...this.#orders, scheduledRestart: undefined };
        return taken('scheduled restart deleted');
      }
      case 'restart': {
        if (this.#orders.restart) return refused('restart already in progress');
        const { kind: _, ...rest } = order;
        this.#orders = { ...this.#orders, restart: { id, ...rest } };
        return this.#answerTo(id);
      }
      case 'reinitialize': {
        if (this.#orders.reinitialize) return refused('reinitialize already in progress');
        const { kind: _, ...rest } = order;
        this.#orders = { ...this.#orders, reinitialize: { id, ...rest } };
        return this.#answerTo(id);
      }
    }
  }

  /** Tells the asker how the order ended, if anybody waits for it, and forgets it. */
  answer(id: number, reply: OrderReply): void {
    const { restart, scheduledRestart, reinitialize, shutdown } = this.#orders;
    this.#orders = {
      restart: restart?.id === id ? undefined : restart,
      scheduledRestart: scheduledRestart?.id === id ? undefined : scheduledRestart,
      reinitialize: reinitialize?.id === id ? undefined : reinitialize,
      shutdown,
    };
    this.#askers.get(id)?.(reply);
    this.#askers.delete(id);
  }

  /** Nothing more will be carried out: whoever waits is told so. */
  close(): void {
    for (const id of [...this.#askers.keys()]) {
      this.answer(id, { ok: false, text: 'the agent has been stopped' });
    }
  }

  #answerTo(id: number): Promise<OrderReply> {
    return new Promise((resolve) => this.#askers.set(id, resolve));
  }
}

function taken(text: string): Promise<OrderReply> {
  return Promise.resolve({ ok: true, text });
}

function refused(text: string): Promise<OrderReply> {
  return Promise.resolve({ ok: false, text });
}
