// What programs do with etcd's Go client, done to the server at the endpoint that is the only argument. A line for each
// part that went as it should; the first that did not ends the program.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"sync"
	"time"

	"go.etcd.io/etcd/clientv3"
	"go.etcd.io/etcd/clientv3/concurrency"
	"go.etcd.io/etcd/clientv3/namespace"
	"go.etcd.io/etcd/etcdserver/api/v3rpc/rpctypes"
)

const patience = 60 * time.Second

type part struct {
	name string
	run  func(context.Context, *clientv3.Client)
}

var parts = []part{
	{"kv", kv}, {"txn", txn}, {"watch", watch}, {"compaction", compaction}, {"lease", lease},
	{"mutex", mutex}, {"election", election}, {"stm", stm}, {"namespace", namespaced},
	{"maintenance", maintenance},
}

func main() {
	log.SetFlags(0)
	client := connect(os.Args[1])
	defer client.Close()
	if len(os.Args) > 2 {
		command(client, os.Args[2:])
		return
	}
	for _, part := range parts {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		log.SetPrefix(part.name + ": ")
		part.run(ctx, client)
		cancel()
		fmt.Println(part.name)
	}
}

// What others do at the same time: "contend KIND NAME COUNTER TURNS" or "observe NAME LAST".
func command(client *clientv3.Client, args []string) {
	switch args[0] {
	case "contend":
		turns, err := strconv.Atoi(args[4])
		check(err)
		contend(client, args[1], args[2], args[3], turns)
	case "observe":
		observe(client, args[1], args[2])
	default:
		log.Panicf("there is no command %s", args[0])
	}
}

func connect(endpoint string) *clientv3.Client {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, DialTimeout: patience})
	check(err)
	return client
}

func check(err error) {
	if err != nil {
		log.Output(2, err.Error())
		panic(err)
	}
}

func expect(what string, got, want interface{}) {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		log.Panicf("%s is %v, not %v", what, got, want)
	}
}

func kv(ctx context.Context, client *clientv3.Client) {
	for i := 0; i < 10; i++ {
		_, err := client.Put(ctx, fmt.Sprintf("kv/%d", i), strconv.Itoa(i))
		check(err)
	}
	put, err := client.Put(ctx, "kv/3", "three", clientv3.WithPrevKV())
	check(err)
	expect("the previous value", string(put.PrevKv.Value), "3")
	got, err := client.Get(ctx, "kv/3")
	check(err)
	expect("the value", string(got.Kvs[0].Value), "three")
	expect("the version", got.Kvs[0].Version, 2)
	old, err := client.Get(ctx, "kv/3", clientv3.WithRev(put.Header.Revision-1))
	check(err)
	expect("the old value", string(old.Kvs[0].Value), "3")
	page, err := client.Get(ctx, "kv/", clientv3.WithPrefix(), clientv3.WithLimit(3),
		clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend))
	check(err)
	expect("the last key", string(page.Kvs[0].Key), "kv/9")
	expect("the page", []interface{}{len(page.Kvs), page.Count, page.More}, []interface{}{3, 10, true})
	last, err := client.Get(ctx, "kv/", clientv3.WithLastRev()...)
	check(err)
	expect("the newest key", string(last.Kvs[0].Key), "kv/3")
	deleted, err := client.Delete(ctx, "kv/", clientv3.WithRange("kv/5"), clientv3.WithPrevKV())
	check(err)
	expect("the number of deleted keys", []int{int(deleted.Deleted), len(deleted.PrevKvs)}, []int{5, 5})
	_, err = client.Put(ctx, "", "no key")
	expect("the error of an empty key", err, rpctypes.ErrEmptyKey)
}

func txn(ctx context.Context, client *clientv3.Client) {
	check2(client.Put(ctx, "txn/a", "1"))
	answer, err := client.Txn(ctx).
		If(clientv3.Compare(clientv3.Value("txn/a"), "=", "1"), clientv3.Compare(clientv3.Version("txn/b"), "=", 0)).
		Then(clientv3.OpPut("txn/b", "2"), clientv3.OpGet("txn/", clientv3.WithPrefix())).
		Else(clientv3.OpGet("txn/a")).
		Commit()
	check(err)
	expect("the txn", answer.Succeeded, true)
	expect("the keys in it", len(answer.Responses[1].GetResponseRange().Kvs), 2)
	nested := clientv3.OpTxn(nil, []clientv3.Op{clientv3.OpDelete("txn/a")}, nil)
	answer, err = client.Txn(ctx).
		If(clientv3.Compare(clientv3.ModRevision("txn/a"), ">", 1<<40)).
		Then(clientv3.OpPut("txn/c", "3")).
		Else(nested).
		Commit()
	check(err)
	expect("the txn", answer.Succeeded, false)
	deleted := answer.Responses[0].GetResponseTxn().Responses[0].GetResponseDeleteRange().Deleted
	expect("the number of keys deleted in the nested txn", deleted, 1)
	_, err = client.Txn(ctx).Then(clientv3.OpPut("txn/d", "1"), clientv3.OpPut("txn/d", "2")).Commit()
	expect("the error of a key put twice", err, rpctypes.ErrDuplicateKey)
}

func watch(ctx context.Context, client *clientv3.Client) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	first, err := client.Put(ctx, "watch/a", "1")
	check(err)
	check2(client.Put(ctx, "watch/a", "2"))
	events := client.Watch(ctx, "watch/", clientv3.WithPrefix(), clientv3.WithPrevKV(),
		clientv3.WithRev(first.Header.Revision), clientv3.WithFragment())
	deletes := client.Watch(ctx, "watch/", clientv3.WithPrefix(), clientv3.WithFilterPut(),
		clientv3.WithCreatedNotify())
	expect("the notice", (<-deletes).Created, true)
	check2(client.Delete(ctx, "watch/a"))
	var seen []string
	for len(seen) < 3 {
		for _, event := range (<-events).Events {
			previous := ""
			if event.PrevKv != nil {
				previous = string(event.PrevKv.Value)
			}
			seen = append(seen, fmt.Sprint(event.Type, string(event.Kv.Value), previous))
		}
	}
	expect("the history", seen, []string{"PUT1", "PUT21", "DELETE2"})
	expect("the filtered event", (<-deletes).Events[0].Type, clientv3.EventTypeDelete)
	check(client.RequestProgress(ctx))
	progress := <-events
	expect("the progress", progress.IsProgressNotify(), true)
	cancel()
	for range events {
	}
}

func compaction(ctx context.Context, client *clientv3.Client) {
	check2(client.Put(ctx, "compaction", "1"))
	put, err := client.Put(ctx, "compaction", "2")
	check(err)
	check2(client.Compact(ctx, put.Header.Revision, clientv3.WithCompactPhysical()))
	_, err = client.Get(ctx, "compaction", clientv3.WithRev(put.Header.Revision-1))
	expect("the error of a compacted revision", err, rpctypes.ErrCompacted)
	ended := <-client.Watch(ctx, "compaction", clientv3.WithRev(1))
	expect("the end of the watch", ended.Err(), rpctypes.ErrCompacted)
	expect("the compacted revision", ended.CompactRevision, put.Header.Revision)
}

func lease(ctx context.Context, client *clientv3.Client) {
	grant, err := client.Grant(ctx, 1000)
	check(err)
	check2(client.Put(ctx, "lease", "", clientv3.WithLease(grant.ID)))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers, err := client.KeepAlive(ctx, grant.ID)
	check(err)
	expect("the TTL of the first answer", (<-answers).TTL, 1000)
	once, err := client.KeepAliveOnce(ctx, grant.ID)
	check(err)
	expect("the TTL", once.TTL, 1000)
	left, err := client.TimeToLive(ctx, grant.ID, clientv3.WithAttachedKeys())
	check(err)
	expect("the attached keys", len(left.Keys), 1)
	all, err := client.Leases(ctx)
	check(err)
	expect("a lease among them", len(all.Leases) > 0, true)
	check2(client.Revoke(ctx, grant.ID))
	got, err := client.Get(ctx, "lease", clientv3.WithCountOnly())
	check(err)
	expect("the count of keys after the end of their lease", got.Count, 0)
	_, err = client.KeepAliveOnce(ctx, grant.ID)
	expect("the error of a lease that ended", err, rpctypes.ErrLeaseNotFound)
	short, err := client.Grant(ctx, 1)
	check(err)
	check2(client.Put(ctx, "lease/short", "", clientv3.WithLease(short.ID)))
	expired := client.Watch(ctx, "lease/short")
	expect("the event of its expiry", (<-expired).Events[0].Type, clientv3.EventTypeDelete)
}

func mutex(ctx context.Context, client *clientv3.Client) {
	var workers sync.WaitGroup
	inside, total := 0, 0
	for i := 0; i < 4; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			session, err := concurrency.NewSession(client)
			check(err)
			defer session.Close()
			lock := concurrency.NewMutex(session, "mutex")
			for turn := 0; turn < 5; turn++ {
				check(lock.Lock(ctx))
				inside++
				expect("the number of holders", inside, 1)
				total++
				inside--
				check(lock.Unlock(ctx))
			}
		}()
	}
	workers.Wait()
	expect("the number of turns", total, 20)
}

func election(ctx context.Context, client *clientv3.Client) {
	session, err := concurrency.NewSession(client)
	check(err)
	defer session.Close()
	other, err := concurrency.NewSession(client)
	check(err)
	defer other.Close()
	first, second := concurrency.NewElection(session, "election"), concurrency.NewElection(other, "election")
	_, err = first.Leader(ctx)
	expect("the error without a leader", err, concurrency.ErrElectionNoLeader)
	check(first.Campaign(ctx, "first"))
	observed := second.Observe(ctx)
	expect("the leader", string((<-observed).Kvs[0].Value), "first")
	check(first.Proclaim(ctx, "still first"))
	expect("the leader", string((<-observed).Kvs[0].Value), "still first")
	won := make(chan error, 1)
	go func() { won <- second.Campaign(ctx, "second") }()
	check(first.Resign(ctx))
	check(<-won)
	leader, err := first.Leader(ctx)
	check(err)
	expect("the leader", string(leader.Kvs[0].Value), "second")
	check(second.Resign(ctx))
}

func stm(ctx context.Context, client *clientv3.Client) {
	check2(client.Put(ctx, "stm/a", "100"))
	check2(client.Put(ctx, "stm/b", "100"))
	var workers sync.WaitGroup
	for i := 0; i < 4; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for turn := 0; turn < 5; turn++ {
				check2(concurrency.NewSTM(client, transfer, concurrency.WithAbortContext(ctx)))
			}
		}()
	}
	workers.Wait()
	for key, want := range map[string]string{"stm/a": "80", "stm/b": "120"} {
		got, err := client.Get(ctx, key)
		check(err)
		expect(key, string(got.Kvs[0].Value), want)
	}
}

func transfer(stm concurrency.STM) error {
	a, err := strconv.Atoi(stm.Get("stm/a"))
	check(err)
	b, err := strconv.Atoi(stm.Get("stm/b"))
	check(err)
	stm.Put("stm/a", strconv.Itoa(a-1))
	stm.Put("stm/b", strconv.Itoa(b+1))
	return nil
}

func namespaced(ctx context.Context, client *clientv3.Client) {
	kv, watcher := namespace.NewKV(client.KV, "namespace/"), namespace.NewWatcher(client.Watcher, "namespace/")
	events := watcher.Watch(ctx, "", clientv3.WithPrefix(), clientv3.WithCreatedNotify())
	<-events
	check2(kv.Put(ctx, "a", "1"))
	expect("the key of the event", string((<-events).Events[0].Kv.Key), "a")
	got, err := client.Get(ctx, "namespace/a")
	check(err)
	expect("the value", string(got.Kvs[0].Value), "1")
}

func maintenance(ctx context.Context, client *clientv3.Client) {
	members, err := client.MemberList(ctx)
	check(err)
	expect("the number of members", len(members.Members), 1)
	status, err := client.Status(ctx, client.Endpoints()[0])
	check(err)
	expect("the leader", status.Leader, members.Members[0].ID)
	check2(client.AlarmList(ctx))
	check2(client.HashKV(ctx, client.Endpoints()[0], 0))
	check2(client.Defragment(ctx, client.Endpoints()[0]))
	check(client.Sync(ctx))
}

func check2(_ interface{}, err error) {
	check(err)
}
