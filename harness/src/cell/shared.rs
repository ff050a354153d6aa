//! A cell and the count of those who hold it, in one allocation.
//!
//! This is `std`'s `Arc` without weak references. A task passes through it three times less often for
//! a locked instruction, which is most of what an empty task costs: both of its first owners are made
//! at once, who is alone lets go without one, and there is no second count.
//!
//! # Why it is sound
//!
//! Each [`Shared`] is one of `owners`, and only an owner makes another one. So who reads that there is
//! one owner is that owner, and nobody else can change that: not even a reference to the value is
//! elsewhere, because it would be borrowed from this owner. The value is dropped and freed by who
//! reads that, or who takes the last one away.
//!
//! # Memory orderings
//!
//! Letting go is `Release`, and whoever frees, or takes a mutable reference, reads the count with
//! `Acquire` before that: what all others did to the value has happened by then. Becoming an owner needs no
//! order: the new one is made from a reference, which was passed on by whatever passes the new owner on.
#![allow(unsafe_code)]

use super::sync::{AtomicUsize, Ordering};
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

/// The value, behind its count.
pub(crate) struct Counted<V: ?Sized> {
    owners: AtomicUsize,
    value: V,
}

/// One of the owners of a value.
pub(crate) struct Shared<V: ?Sized> {
    counted: NonNull<Counted<V>>,
    /// It may drop the value.
    owned: PhantomData<Counted<V>>,
}

// SAFETY: as for `Arc`: the value is seen from every owner's thread, and dropped in any of them.
unsafe impl<V: ?Sized + Send + Sync> Send for Shared<V> {}
// SAFETY: the same, as another owner can be made from a reference.
unsafe impl<V: ?Sized + Send + Sync> Sync for Shared<V> {}

/// It is moved without the value.
impl<V: ?Sized> Unpin for Shared<V> {}

/// More owners than that can only be forgotten ones, whose count would come round to zero.
const MOST: usize = isize::MAX as usize;

impl<V> Shared<V> {
    /// The only owner.
    pub(crate) fn new(value: V) -> Self {
        Self::counted(value, 1)
    }

    /// The only two owners.
    pub(crate) fn pair(value: V) -> (Self, Self) {
        let one = Self::counted(value, 2);
        let Self { counted, owned } = one;
        (one, Self { counted, owned })
    }

    fn counted(value: V, owners: usize) -> Self {
        let counted = Box::new(Counted { owners: AtomicUsize::new(owners), value });
        Self { counted: NonNull::from(Box::leak(counted)), owned: PhantomData }
    }

    /// The same owner, of whom less is known: `erase` is the compiler's own conversion.
    ///
    /// # Safety
    ///
    /// `erase` gives the pointer that it was given.
    pub(crate) unsafe fn erase<W: ?Sized>(self, erase: fn(*mut Counted<V>) -> *mut Counted<W>) -> Shared<W> {
        let counted = erase(self.counted.as_ptr());
        // The owner lives on in what is returned.
        std::mem::forget(self);
        // SAFETY: it is the pointer that was not null.
        Shared { counted: unsafe { NonNull::new_unchecked(counted) }, owned: PhantomData }
    }
}

impl<V: ?Sized> Shared<V> {
    fn owners(&self) -> &AtomicUsize {
        // SAFETY: as long as there is an owner nothing is freed; the count is never borrowed mutably before that.
        unsafe { &(*self.counted.as_ptr()).owners }
    }

    /// The value, if nobody else owns it.
    pub(crate) fn get_mut(&mut self) -> Option<&mut V> {
        // SAFETY: nobody else has the value or can get it, and this owner is borrowed meanwhile.
        (self.owners().load(Ordering::Acquire) == 1).then(|| unsafe { &mut (*self.counted.as_ptr()).value })
    }

    /// Has the processor fetch the value, which will be changed soon.
    pub(crate) fn prefetch(&self) {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
            /// What a processor fetches at once.
            const LINE: usize = 64;
            let begin = self.counted.as_ptr().cast::<i8>();
            // SAFETY: a hint, which reads nothing and cannot fail, wherever it points.
            unsafe {
                _mm_prefetch::<_MM_HINT_ET0>(begin);
                _mm_prefetch::<_MM_HINT_ET0>(begin.wrapping_add(LINE));
            }
        }
    }

    /// How many owners there are.
    #[cfg(test)]
    pub(crate) fn count(this: &Self) -> usize {
        this.owners().load(Ordering::Relaxed)
    }
}

impl<V: ?Sized> Deref for Shared<V> {
    type Target = V;

    fn deref(&self) -> &V {
        // SAFETY: as long as there is an owner it is not freed, and a mutable reference is only ever given to a
        // single owner that is borrowed for it.
        unsafe { &(*self.counted.as_ptr()).value }
    }
}

impl<V: ?Sized> Clone for Shared<V> {
    fn clone(&self) -> Self {
        if self.owners().fetch_add(1, Ordering::Relaxed) > MOST {
            std::process::abort();
        }
        Self { counted: self.counted, owned: PhantomData }
    }
}

impl<V: ?Sized> Drop for Shared<V> {
    fn drop(&mut self) {
        // Most often the worker is done with it when its future is dropped, and there is nothing to count.
        let alone = self.owners().load(Ordering::Relaxed) == 1;
        if !alone && self.owners().fetch_sub(1, Ordering::Release) > 1 {
            return;
        }
        // What the others did before they let go has happened: the count that this reads is what the last of them left.
        self.owners().load(Ordering::Acquire);
        // SAFETY: it came from a box, and nobody owns it any more.
        drop(unsafe { Box::from_raw(self.counted.as_ptr()) });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn who_owns_it_alone_may_change_it_and_the_last_one_drops_it() {
        let dropped = Arc::new(());
        let (mut first, second) = Shared::pair((Arc::clone(&dropped), 1));
        assert_eq!(Shared::count(&first), 2);
        assert!(first.get_mut().is_none());
        let third = second.clone();
        drop(second);
        assert!(first.get_mut().is_none());
        drop(third);
        first.get_mut().expect("nobody else is left").1 = 2;
        assert_eq!((first.1, Arc::strong_count(&dropped)), (2, 2));
        drop(first);
        assert_eq!(Arc::strong_count(&dropped), 1);
    }

    #[test]
    fn whoever_is_known_by_less_is_still_dropped_as_what_it_is() {
        let dropped = Arc::new(7);
        let known = Shared::new((Arc::clone(&dropped), [1_u64; 9]));
        // SAFETY: the conversion is the compiler's.
        let erased: Shared<dyn Send> = unsafe { known.erase(|known| known as *mut _) };
        assert_eq!(Arc::strong_count(&dropped), 2);
        drop(erased);
        assert_eq!(Arc::strong_count(&dropped), 1);
    }
}
