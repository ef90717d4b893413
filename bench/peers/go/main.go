// etcd's own Go client in the suite: does one job and prints what it took as a line of JSON, as suite/child.ts does.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io/ioutil"
	"os"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/etcd/clientv3"
	"go.etcd.io/etcd/clientv3/concurrency"
)

type job struct {
	Work     string  `json:"work"`
	Endpoint string  `json:"endpoint"`
	CA       string  `json:"ca"`
	InFlight int     `json:"inFlight"`
	Seconds  float64 `json:"seconds"`
	Bytes    int     `json:"bytes"`
	Count    int     `json:"count"`
	Revision int64   `json:"revision"`
}

type measurement struct {
	Operations int     `json:"operations"`
	Seconds    float64 `json:"seconds"`
	CPUMicros  float64 `json:"cpuMicros"`
	P50Micros  float64 `json:"p50Micros"`
	P99Micros  float64 `json:"p99Micros"`
	PeakBytes  int64   `json:"peakBytes"`
}

const (
	singleKey    = "bench/key"
	listPrefix   = "bench/list/"
	scanPrefix   = "bench/scan/"
	watchPrefix  = "bench/watch/"
	lockName     = "bench/lock"
	watcherCount = 1000
	maxSamples   = 400000
	scanPage     = 1000
)

var background = context.Background()

func main() {
	var j job
	check(json.Unmarshal([]byte(os.Args[1]), &j))
	config := clientv3.Config{Endpoints: []string{j.Endpoint}, DialTimeout: 5 * time.Second}
	if j.CA != "" {
		pem, err := ioutil.ReadFile(j.CA)
		check(err)
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		config.TLS = &tls.Config{RootCAs: pool}
	}
	config.MaxCallRecvMsgSize = 512 * 1024 * 1024
	client, err := clientv3.New(config)
	check(err)
	out, err := json.Marshal(measure(client, j))
	check(err)
	fmt.Println(string(out))
	client.Close()
}

func measure(client *clientv3.Client, j job) measurement {
	switch j.Work {
	case "watch":
		run := func() { watch(client, watchPrefix, j.Revision, j.Count) }
		warmUp(j, run)
		return once(j.Count, run)
	case "watchers":
		run := func() { watchMany(client, j) }
		warmUp(j, run)
		return once(j.Count, run)
	case "scan":
		return once(j.Count, func() { expect(scan(client, scanPrefix), j.Count) })
	case "leases":
		return leases(client, j)
	}
	operate := operation(client, j)
	drive(j, operate, j.Seconds)
	return drive(j, operate, j.Seconds)
}

// As long as is measured.
func warmUp(j job, run func()) {
	end := time.Now().Add(time.Duration(j.Seconds * float64(time.Second)))
	for {
		run()
		if time.Now().After(end) {
			return
		}
	}
}

func operation(client *clientv3.Client, j job) func() {
	value := strings.Repeat("x", j.Bytes)
	var session *concurrency.Session
	if j.Work == "lock" {
		var err error
		session, err = concurrency.NewSession(client, concurrency.WithTTL(10))
		check(err)
	}
	switch j.Work {
	case "put":
		return func() {
			_, err := client.Put(background, singleKey, value)
			check(err)
		}
	case "get":
		return func() {
			_, err := client.Get(background, singleKey)
			check(err)
		}
	case "txn":
		return func() {
			_, err := client.Txn(background).
				If(clientv3.Compare(clientv3.Version(singleKey), ">", 0)).
				Then(clientv3.OpPut(singleKey, value)).Commit()
			check(err)
		}
	case "list":
		return func() {
			response, err := client.Get(background, listPrefix, clientv3.WithPrefix())
			check(err)
			expect(countValues(response), j.Count)
		}
	case "lock":
		return func() {
			mutex := concurrency.NewMutex(session, lockName)
			check(mutex.Lock(background))
			check(mutex.Unlock(background))
		}
	}
	panic("unknown work " + j.Work)
}

// Values are read as text, as the other peers do: kept, so that the compiler does not leave that out.
var lastText string

func countValues(response *clientv3.GetResponse) int {
	count := 0
	for _, kv := range response.Kvs {
		if text := string(kv.Value); text != "" {
			lastText = text
			count++
		}
	}
	return count
}

func scan(client *clientv3.Client, prefix string) int {
	end := clientv3.GetPrefixRangeEnd(prefix)
	key, count, revision := prefix, 0, int64(0)
	for {
		response, err := client.Get(background, key, clientv3.WithRange(end),
			clientv3.WithLimit(scanPage), clientv3.WithRev(revision))
		check(err)
		count += countValues(response)
		revision = response.Header.Revision
		if !response.More {
			return count
		}
		key = string(response.Kvs[len(response.Kvs)-1].Key) + "\x00"
	}
}

func watch(client *clientv3.Client, prefix string, revision int64, count int) {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	seen := 0
	for response := range client.Watch(ctx, prefix, clientv3.WithPrefix(), clientv3.WithRev(revision)) {
		check(response.Err())
		for _, event := range response.Events {
			if text := string(event.Kv.Value); text != "" {
				lastText = text
				seen++
			}
		}
		if seen >= count {
			return
		}
	}
	panic("the watch ended early")
}

func watchMany(client *clientv3.Client, j job) {
	var group sync.WaitGroup
	for index := 0; index < watcherCount; index++ {
		prefix := fmt.Sprintf("%s%04d/", watchPrefix, index)
		group.Add(1)
		go func() {
			defer group.Done()
			watch(client, prefix, j.Revision, j.Count/watcherCount)
		}()
	}
	group.Wait()
}

func leases(client *clientv3.Client, j job) measurement {
	var group sync.WaitGroup
	slots := make(chan struct{}, 100)
	for made := 0; made < j.Count; made++ {
		slots <- struct{}{}
		group.Add(1)
		go func() {
			defer group.Done()
			granted, err := client.Grant(background, 10)
			check(err)
			alive, err := client.KeepAlive(background, granted.ID)
			check(err)
			<-slots
			go func() {
				for range alive {
				}
			}()
		}()
	}
	group.Wait()
	time.Sleep(3 * time.Second)
	return once(j.Count, func() { time.Sleep(time.Duration(j.Seconds * float64(time.Second))) })
}

func once(operations int, run func()) measurement {
	cpu := cpuMicros()
	start := time.Now()
	run()
	return finish(operations, time.Since(start), cpu)
}

func drive(j job, operate func(), seconds float64) measurement {
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	samples := make([][]float64, j.InFlight)
	cpu := cpuMicros()
	start := time.Now()
	var group sync.WaitGroup
	for index := 0; index < j.InFlight; index++ {
		group.Add(1)
		go func(index int) {
			defer group.Done()
			for began := time.Now(); began.Before(end); {
				operate()
				now := time.Now()
				samples[index] = append(samples[index], float64(now.Sub(began).Nanoseconds())/1000)
				began = now
			}
		}(index)
	}
	group.Wait()
	elapsed := time.Since(start)
	used := cpuMicros()
	all := []float64{}
	for _, each := range samples {
		all = append(all, each...)
	}
	result := finish(len(all), elapsed, cpu)
	result.CPUMicros = used - cpu
	if len(all) > maxSamples {
		all = all[:maxSamples]
	}
	sort.Float64s(all)
	if len(all) > 0 {
		result.P50Micros = all[len(all)/2]
		result.P99Micros = all[len(all)*99/100]
	}
	return result
}

func finish(operations int, elapsed time.Duration, since float64) measurement {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return measurement{
		Operations: operations,
		Seconds:    elapsed.Seconds(),
		CPUMicros:  cpuMicros() - since,
		PeakBytes:  usage.Maxrss * 1024,
	}
}

func cpuMicros() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1000
}

func expect(found, count int) {
	if found != count {
		panic(fmt.Sprintf("%d entries found, not %d", found, count))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
