/*
 * proxy_node.h - a whole node for fuzz_proxy.c, in this process
 *
 * The daemon's own start with configuration, store, listeners and accounting,
 * but for the worker's thread: messages are given to the worker by the target
 * (worker_take), time passes when it says so.
 */
#ifndef TESTS_FUZZ_PROXY_NODE_H
#define TESTS_FUZZ_PROXY_NODE_H

#include "lcrproxy/worker.h"

/* Where the parties are; the node itself is at an address of its process. */
#define NODE_DOMAIN "voice.example.net"
#define NODE_CALLER "127.0.77.2:5060" /* a trunk, by UDP */
#define NODE_OTHER "127.0.77.3:5060"  /* a trunk that is not trusted, by TCP */
#define NODE_STRANGER "127.0.77.9:5060" /* nobody */
#define NODE_GATEWAY "127.0.77.11:5060"

/* Opened once, closed at exit. Aborts when it cannot be had. */
struct worker *proxy_node(void);
/* Nothing is remembered of calls that were. */
void proxy_node_forget(struct worker *worker);

#endif
