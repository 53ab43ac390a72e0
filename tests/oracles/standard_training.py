"""The released training rules, step by step, with every accuracy counted in full."""

import copy

import torch
import torch.nn.functional as nnf


def accuracy(model, samples) -> float:
    """Percent of samples classified right, dropout off, all of them counted."""
    model.eval()
    with torch.no_grad():
        right = sum(int(p) == int(y) for p, y in zip(model(samples.x).argmax(1), samples.y, strict=True))
    return 100 * float(right) / len(samples)


def as_released(model, dataset, learning_rate, batch_size, max_epochs, patience, seed):
    """(kept weights, test accuracies seen, steps, epochs) of the released loop; it stops as the loop does.

    The loop goes on for one step after an epoch whose last look at the training set was good enough; so does this.
    """
    torch.manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
    best, train, left, kept, seen, steps = 0.0, 0.0, patience, None, [], 0
    for epoch in range(1, max_epochs + 1):
        improved, stop = False, False
        for i, batch in enumerate(torch.randperm(len(dataset.train)).split(batch_size)):
            model.train()
            loss = nnf.cross_entropy(model(dataset.train.x[batch]), dataset.train.y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            steps += 1
            if (i + 1) % 3 == 0:
                test, train = accuracy(model, dataset.test), accuracy(model, dataset.train)
                seen.append(test)
                if test > best:
                    best, improved, kept = test, True, copy.deepcopy(model.state_dict())
            if train >= 99 or best >= 99:
                stop = True
                break
        left = patience if improved else left - 1
        if stop or left == 0:
            return kept, seen, steps, epoch
        train = accuracy(model, dataset.train)
    return kept, seen, steps, max_epochs
