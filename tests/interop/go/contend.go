// Takes turns with others at a lock or in an election, and counts them by what only the holder may do: read a number and
// write the next one.
package main

import (
	"context"
	"fmt"
	"log"
	"strconv"
	"sync"
	"time"

	"go.etcd.io/etcd/clientv3"
	"go.etcd.io/etcd/clientv3/concurrency"
)

const (
	contenders = 2
	ttlSeconds = 10
	pause      = 5 * time.Millisecond
)

// contend takes `turns` turns in each of two sessions; `kind` is "lock" or "election".
func contend(client *clientv3.Client, kind, name, counter string, turns int) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	log.SetPrefix(kind + ": ")
	var all sync.WaitGroup
	for i := 0; i < contenders; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			session, err := concurrency.NewSession(client, concurrency.WithTTL(ttlSeconds))
			check(err)
			defer session.Close()
			for turn := 0; turn < turns; turn++ {
				if kind == "lock" {
					takeLock(ctx, client, session, name, counter)
				} else {
					lead(ctx, client, session, name, counter, fmt.Sprintf("go %d", i))
				}
				fmt.Println("turn")
			}
		}(i)
	}
	all.Wait()
}

func takeLock(ctx context.Context, client *clientv3.Client, session *concurrency.Session, name, counter string) {
	mutex := concurrency.NewMutex(session, name)
	check(mutex.Lock(ctx))
	count(ctx, client, counter)
	check(mutex.Unlock(ctx))
}

func lead(ctx context.Context, client *clientv3.Client, session *concurrency.Session, name, counter, value string) {
	election := concurrency.NewElection(session, name)
	check(election.Campaign(ctx, value))
	leader, err := election.Leader(ctx)
	check(err)
	expect("the leader", string(leader.Kvs[0].Value), value)
	count(ctx, client, counter)
	check(election.Proclaim(ctx, value+" again"))
	check(election.Resign(ctx))
}

// count reads and writes apart: two at a time would lose a turn.
func count(ctx context.Context, client *clientv3.Client, counter string) {
	got, err := client.Get(ctx, counter)
	check(err)
	before := 0
	if len(got.Kvs) > 0 {
		before, err = strconv.Atoi(string(got.Kvs[0].Value))
		check(err)
	}
	time.Sleep(pause)
	check2(client.Put(ctx, counter, strconv.Itoa(before+1)))
}

// observe prints every leader it is told of, until it is told of `last`.
func observe(client *clientv3.Client, name, last string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	log.SetPrefix("observe: ")
	session, err := concurrency.NewSession(client, concurrency.WithTTL(ttlSeconds))
	check(err)
	defer session.Close()
	fmt.Println("observing")
	for told := range concurrency.NewElection(session, name).Observe(ctx) {
		value := string(told.Kvs[0].Value)
		fmt.Println("saw " + value)
		if value == last {
			return
		}
	}
	log.Panicf("the observation ended before %s", last)
}
