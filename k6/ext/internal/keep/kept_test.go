package keep

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func always(int) bool { return true }

func TestManyWhoAskShareOneAttempt(t *testing.T) {
	var attempts atomic.Int32
	release := make(chan struct{})
	k := New(func(context.Context) (int, error) { attempts.Add(1); <-release; return 7, nil }, always, func(int) {})
	var asking sync.WaitGroup
	for range 50 {
		asking.Go(func() {
			if got, err := k.Take(context.Background()); err != nil || got != 7 {
				t.Errorf("expected 7, got %d, %v", got, err)
			}
		})
	}
	close(release)
	asking.Wait()
	if got := attempts.Load(); got != 1 {
		t.Fatalf("expected one attempt, got %d", got)
	}
}

func TestNobodyWaitsLongerThanHisDeadlineForAnAttemptThatHangs(t *testing.T) {
	k := New(func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() }, always, func(int) {})
	defer k.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := k.Take(ctx)
	if got := Describe(err); got.Code != "not-connected" || !got.Silent {
		t.Fatalf("expected silence, got %v", err)
	}
}

func TestARefusalEndsTheWaitOnlyWhenItsAttemptBeganAfterTheCall(t *testing.T) {
	var attempts atomic.Int32
	first, release := make(chan struct{}), make(chan struct{})
	k := New(func(context.Context) (int, error) {
		if attempts.Add(1) == 1 {
			close(first)
			<-release
			return 0, syscall.ECONNREFUSED
		}
		return 7, nil
	}, always, func(int) {})
	k.Ready()
	<-first
	got := make(chan int)
	go func() {
		value, _ := k.Take(context.Background())
		got <- value
	}()
	time.AfterFunc(10*time.Millisecond, func() { close(release) })
	if value := <-got; value != 7 {
		t.Fatalf("expected what the second attempt made, got %d", value)
	}
}

func TestSilenceIsTriedAgainForAsLongAsSomebodyWaits(t *testing.T) {
	var attempts atomic.Int32
	k := New(func(context.Context) (int, error) {
		if attempts.Add(1) < 3 {
			return 0, context.DeadlineExceeded
		}
		return 7, nil
	}, always, func(int) {})
	if got, err := k.Take(context.Background()); err != nil || got != 7 {
		t.Fatalf("expected 7, got %d, %v", got, err)
	}
}

func TestWhatIsNotAliveIsMadeAnewAndWhatIsLeftIsDropped(t *testing.T) {
	var made, dropped atomic.Int32
	k := New(func(context.Context) (int, error) { return int(made.Add(1)), nil },
		func(n int) bool { return n > 1 }, func(int) { dropped.Add(1) })
	if got, err := k.Take(context.Background()); err != nil || got != 2 {
		t.Fatalf("expected the second, got %d, %v", got, err)
	}
	k.Close()
	if _, err := k.Take(context.Background()); !errors.Is(err, ErrClosed) || dropped.Load() != 1 {
		t.Fatalf("expected an end and one dropped, got %v and %d", err, dropped.Load())
	}
}

func TestAPanicIsARefusal(t *testing.T) {
	k := New(func(context.Context) (int, error) { panic("driver") }, always, func(int) {})
	if _, err := k.Take(context.Background()); Describe(err).Code != "not-connected" {
		t.Fatalf("expected a refusal, got %v", err)
	}
}
