import { faultSuite } from './fault-suite.ts';

faultSuite({ mode: 'on', loss: 'none' });
