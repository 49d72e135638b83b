//! Backlog: what arrived on connections whose sides could not take it yet.
//!
//! One stock of places for all connections, as many as there are buffers, so that nothing is allocated while data moves.

use sockscope_sys::uring::Received;

/// No place.
const NONE: usize = usize::MAX;

/// Something that arrived, and how much of it was taken.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) received: Received,
    pub(super) taken: usize,
}

/// The places of all queues of a ring.
#[derive(Debug)]
pub(super) struct Backlog {
    places: Box<[Place]>,
    free: usize,
    held: usize,
}

#[derive(Debug)]
struct Place {
    arrival: Option<Arrival>,
    next: usize,
}

/// What one connection has in the backlog, the oldest first.
#[derive(Debug)]
pub(super) struct Queue {
    first: usize,
    last: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self { first: NONE, last: NONE }
    }
}

impl Queue {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.first == NONE
    }
}

impl Backlog {
    /// Room for `count` arrivals.
    pub(super) fn new(count: usize) -> Self {
        let next = |index: usize| if index + 1 < count { index + 1 } else { NONE };
        let place = |index| Place { arrival: None, next: next(index) };
        Self {
            places: (0..count).map(place).collect(),
            free: if count > 0 { 0 } else { NONE },
            held: 0,
        }
    }

    /// Whether it holds every buffer that there is.
    pub(super) fn is_full(&self) -> bool {
        self.held == self.places.len()
    }

    /// Puts an arrival at the end of a queue; gives it back if there is no room, which cannot be: there is a place for each
    /// buffer.
    pub(super) fn push(&mut self, queue: &mut Queue, arrival: Arrival) -> Result<(), Arrival> {
        let index = self.place(arrival, NONE)?;
        if queue.is_empty() {
            queue.first = index;
        } else {
            self.places[queue.last].next = index;
        }
        queue.last = index;
        Ok(())
    }

    /// Puts back what was popped.
    pub(super) fn push_front(
        &mut self,
        queue: &mut Queue,
        arrival: Arrival,
    ) -> Result<(), Arrival> {
        let index = self.place(arrival, queue.first)?;
        if queue.is_empty() {
            queue.last = index;
        }
        queue.first = index;
        Ok(())
    }

    /// Takes the oldest.
    pub(super) fn pop(&mut self, queue: &mut Queue) -> Option<Arrival> {
        let index = queue.first;
        let place = self.places.get_mut(index)?;
        let arrival = place.arrival.take();
        queue.first = std::mem::replace(&mut place.next, self.free);
        self.free = index;
        self.held -= 1;
        arrival
    }

    fn place(&mut self, arrival: Arrival, next: usize) -> Result<usize, Arrival> {
        let index = self.free;
        let Some(place) = self.places.get_mut(index) else { return Err(arrival) };
        self.free = std::mem::replace(&mut place.next, next);
        place.arrival = Some(arrival);
        self.held += 1;
        Ok(index)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use sockscope_sys::uring::{Config, Event, Fixed, Pool, Uring, probe};

    use super::*;

    /// Arrivals of the numbers from 0, each in a buffer of its own.
    fn arrivals(count: u32) -> Option<(Uring, Vec<Arrival>)> {
        probe().ok()?;
        let pool = Pool { count, size: 8 };
        let config =
            Config { submissions: 8, completions: 8, descriptors: 1, buffers: pool, slots: pool };
        let mut ring = Uring::new(&config).unwrap();
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ring.install(Fixed(0), &ours).unwrap();
        ring.receive(Fixed(0), 0).unwrap();
        let mut arrive = |number| {
            theirs.write_all(&[number]).unwrap();
            ring.wait(1, None).unwrap();
            let Event::Received(Ok(Some(received))) = ring.complete().unwrap().event else {
                panic!("an arrival")
            };
            Arrival { received, taken: 0 }
        };
        let arrivals = (0..u8::try_from(count).unwrap()).map(&mut arrive).collect();
        Some((ring, arrivals))
    }

    #[test]
    fn each_queue_keeps_its_order_and_places_are_used_again() {
        let Some((ring, arrivals)) = arrivals(4) else { return };
        let number = |arrival: &Arrival| ring.bytes(&arrival.received)[0];
        let mut backlog = Backlog::new(4);
        let mut queues = [Queue::default(), Queue::default()];
        for arrival in arrivals {
            let queue = &mut queues[usize::from(number(&arrival) % 2)];
            backlog.push(queue, arrival).unwrap();
        }
        assert!(backlog.is_full());
        for _ in 0..10 {
            for (first, queue) in (0..).zip(&mut queues) {
                let one = backlog.pop(queue).unwrap();
                let other = backlog.pop(queue).unwrap();
                assert_eq!((number(&one), number(&other)), (first, first + 2));
                assert!(queue.is_empty() && backlog.pop(queue).is_none() && !backlog.is_full());
                backlog.push(queue, other).unwrap();
                backlog.push_front(queue, one).unwrap();
            }
        }
    }

    #[test]
    fn what_has_no_place_is_given_back() {
        let Some((_ring, arrivals)) = arrivals(2) else { return };
        let [one, other] = <[_; 2]>::try_from(arrivals).unwrap();
        let (mut backlog, mut queue) = (Backlog::new(1), Queue::default());
        backlog.push(&mut queue, one).unwrap();
        let other = backlog.push(&mut queue, other).unwrap_err();
        assert!(backlog.push_front(&mut queue, other).is_err());
    }
}
